"""The `input` of a moderation request as items: a text, a list of texts, or parts that are judged together."""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from proguard.moderate.item import Item, make_item
from proguard.serve.errors import ApiError
from proguard.serve.limits import ServeLimits
from proguard.storage.image import DecodedImage, ImageError, ImageReason, NormalImage, decode_image

_DATA_URL = re.compile(r"data:(?:[\w.+-]+/[\w.+-]+)?(?:;[\w.+-]+=[\w.+-]+)*;base64,", re.IGNORECASE)

_IMAGE_CODES: dict[ImageReason, str] = {
    "undecodable image": "invalid_image",
    "huge image": "too_many_pixels",
    "narrow image": "image_too_narrow",
    "animated image": "animated_image",
}

Url = tuple[str, str]
"""An image's address and the name of its parameter."""

Fetch = Callable[[str], bytes]
"""Returns the bytes behind a remote address; raises `ApiError` when it may not be asked or gives none."""


class InputReader:
    """Makes items of what a client sends, within the limits of server and guard."""

    def __init__(self, limits: ServeLimits, *, max_chars: int, fetch: Fetch | None) -> None:
        """Keep the limits.

        Args:
            max_chars: Most characters of a text, from the guard's card.
            fetch: Reads remote images; ``None`` takes data URLs only.
        """
        self._limits = limits
        self._max_chars = max_chars
        self._fetch = fetch

    def items(self, content: Any, *, response: Any = None) -> list[Item]:
        """Return the items of ``input``, one for each result.

        Args:
            content: The value of ``input``.
            response: What the agent answered; only with one text or a list of parts, or with neither.

        Raises:
            ApiError: When something is of another form or exceeds a limit; ``param`` names it.
        """
        if response is not None:
            self.text(response, "response")
        if content is None or content == [] or content == "":
            return [self.item(response=response, param="input")]
        if isinstance(content, str):
            return [self.item(request=content, response=response, param="input")]
        if not isinstance(content, list):
            raise ApiError(400, "invalid_type", "input: expected a text or a list", "input")
        if isinstance(content[0], Mapping):
            text, urls = self.parts(content, "input")
            images = self.images(urls)
            return [self.item(request=text, response=response, images=images, param="input")]
        if response is not None and len(content) > 1:
            raise ApiError(400, "response_of_many", "response: expected with one input only", "response")
        self.check_numbers(n_inputs=len(content), n_images=0, param="input")
        texts = [self.text(text, f"input[{i}]") for i, text in enumerate(content)]
        return [self.item(request=t, response=response, param=f"input[{i}]") for i, t in enumerate(texts)]

    def item(
        self, *, request: Any = None, response: Any = None, images: Sequence[NormalImage] = (), param: str
    ) -> Item:
        """Return one item.

        Raises:
            ApiError: When a text or an image is not usable, or nothing is given.
        """
        if request is not None:
            self.text(request, param)
        try:
            return make_item(request=request, response=response, images=images)
        except ValueError as error:
            code = "invalid_text" if "surrogate" in str(error) else "empty_input"
            raise ApiError(400, code, f"{param}: {error}", param) from None

    def check_numbers(self, *, n_inputs: int, n_images: int, param: str) -> None:
        """Raise `ApiError` when a request has more texts or images than it may."""
        if n_inputs > self._limits.inputs:
            raise ApiError(400, "too_many_inputs", f"{param}: more than {self._limits.inputs} texts", param)
        if n_images > self._limits.images:
            raise ApiError(400, "too_many_images", f"{param}: more than {self._limits.images} images", param)

    def text(self, value: Any, param: str) -> str:
        """Return a text of a length that the guard takes.

        Raises:
            ApiError: When it is none, or is too long.
        """
        if not isinstance(value, str):
            raise ApiError(400, "invalid_type", f"{param}: expected a text, found {type(value).__name__}", param)
        if len(value) > self._max_chars:
            message = f"{param}: {len(value)} characters, more than the guard's {self._max_chars}"
            raise ApiError(400, "text_too_long", message, param)
        return value

    def parts(self, parts: Sequence[Any], param: str) -> tuple[str | None, list[Url]]:
        """Return the text of parts, joined by line breaks, and the addresses of their images.

        Raises:
            ApiError: When a part is of another form, or there are too many images.
        """
        texts, urls = [], []
        for index, part in enumerate(parts):
            where = f"{param}[{index}]"
            match part:
                case {"type": "text", "text": str(text)}:
                    texts.append(text)
                case {"type": "image_url", "image_url": {"url": str(url)}}:
                    urls.append((url, f"{where}.image_url"))
                case _:
                    raise ApiError(400, "invalid_part", f"{where}: expected a part of type text or image_url", where)
        self.check_numbers(n_inputs=1, n_images=len(urls), param=param)
        return "\n".join(texts) if texts else None, urls

    def call(self, call: Any, param: str) -> str:
        """Return the text of a call of a tool: its name and its arguments.

        Raises:
            ApiError: When it is of another form, or too long.
        """
        match call:
            case {"function": {"name": str(name), "arguments": str(arguments)}}:
                return self.text(f"{name} {arguments}", param)
        raise ApiError(400, "invalid_type", f"{param}: expected function with name and arguments", param)

    def list_of(self, content: Mapping[str, Any], key: str, param: str = "") -> list[Any]:
        """Return the list that ``content`` has at ``key``; an empty one when it has none.

        Raises:
            ApiError: When it is something else.
        """
        value, where = content.get(key), f"{param}.{key}" if param else key
        if value is not None and not isinstance(value, list):
            raise ApiError(400, "invalid_type", f"{where}: expected a list, found {type(value).__name__}", where)
        return value or []

    def images(self, urls: Iterable[Url]) -> list[NormalImage]:
        """Return the checked images of a request, from data URLs or, where that is allowed, remote addresses.

        Raises:
            ApiError: When one is too large or does not decode, or together they have too many pixels.
        """
        images, left = [], self._limits.request_pixels
        for url, param in urls:
            decoded = self._decode_image(self._read(url, param), param, max_pixels=left)
            left -= decoded.pixels.width * decoded.pixels.height
            images.append(decoded.for_engine())
        return images

    def _read(self, url: str, param: str) -> bytes:
        match = _DATA_URL.match(url[:200])
        content = self._read_remote(url, param) if match is None else self._decode(url[match.end() :], param)
        if len(content) > self._limits.image_bytes:
            raise ApiError(400, "image_too_large", f"{param}: more than {self._limits.image_bytes} bytes", param)
        return content

    def _decode_image(self, content: bytes, param: str, *, max_pixels: int) -> DecodedImage:
        try:
            return decode_image(content, max_pixels=max_pixels)
        except ImageError as error:
            code = _IMAGE_CODES[error.reason]
            together = f"; a request's images have at most {self._limits.request_pixels}" * (code == "too_many_pixels")
            raise ApiError(400, code, f"{param}: {error}{together}", param) from None

    def _read_remote(self, url: str, param: str) -> bytes:
        if self._fetch is None:
            message = f"{param}: expected a data URL with base64; remote addresses are off"
            raise ApiError(400, "image_url_not_allowed", message, param)
        return self._fetch(url)

    def _decode(self, data: str, param: str) -> bytes:
        if len(data) * 3 // 4 > self._limits.image_bytes + 3:
            raise ApiError(400, "image_too_large", f"{param}: more than {self._limits.image_bytes} bytes", param)
        try:
            return base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            raise ApiError(400, "invalid_image", f"{param}: not base64", param) from None
