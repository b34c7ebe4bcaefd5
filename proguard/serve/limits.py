"""What one request may cost, and how much may wait. The guard's own limits are on its card."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServeLimits:
    """Limits of a server; each that is exceeded is an error with a code of its own."""

    body_bytes: int = 16 * 2**20
    """Most bytes of a body."""

    bodies_bytes: int = 256 * 2**20
    """Most bytes of all bodies that are being read or judged."""

    json_values: int = 200_000
    """Most values in a body: what a parser makes of many small ones takes far more memory than the body."""

    inputs: int = 64
    """Most texts in one request."""

    images: int = 4
    """Most images in one request."""

    image_bytes: int = 10 * 2**20
    """Most bytes of an encoded image."""

    request_pixels: int = 12_500_000
    """Most pixels of a request's images together: a camera's 12 megapixels. Each takes some 15 bytes while it is
    decoded, and a slow processor decodes some 14 million a second."""

    queue_seconds: float = 2.0
    """Longest wait in the queue, as estimated when a request comes; a longer one is refused."""

    queue_prompts: int = 1000
    """Most prompts that wait, whatever the estimate."""

    batch_prompts: int = 32
    """Prompts judged together."""

    request_seconds: float = 20.0
    """Longest time for a body to arrive, and for its outcome to come."""

    drain_seconds: float = 6.0
    """Longest time for what was accepted to be judged after SIGTERM; what is left then is answered with an error."""
