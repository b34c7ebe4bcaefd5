import json

import pytest

from proguard.storage.stand_in import HEAD_BYTES, describe_stand_in

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (POINTER, "a git-lfs pointer; run `git lfs pull`"),
        (POINTER.replace(b"\n", b"\r\n"), "a git-lfs pointer"),
        (b"\xef\xbb\xbf" + POINTER, "a git-lfs pointer"),
        (b"version https://hawser.github.com/spec/v1\n", "a git-lfs pointer"),
        (b"/annex/objects/SHA256E-s1--0.csv\n", "a git-annex pointer"),
        (b"../../.git/annex/objects/ab/cd/SHA256E", "a git-annex pointer"),
        (b"<!DOCTYPE html>\n<html lang=en>", "an HTML page"),
        (b"\n\n  <html><head>", "an HTML page"),
        (b"<!-- saved --><HTML>", "an HTML page"),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC>', "an HTML page"),
        (b"<title>Sign in</title>", "an HTML page"),
        (b"\r\n<div class=error>", "an HTML page"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "an XML message"),
        (b"404: Not Found", "the message '404: Not Found'"),
        (b"Entry not found\n", "the message 'Entry not found'"),
        (b'{"error": "Repository not found"}', "the message"),
        (b'{"message": "Not Found", "documentation_url": "https://docs", "status": "404"}', "the message"),
    ],
)
def test_describe_stand_in_says_what_it_is(head: bytes, what: str):
    assert describe_stand_in(head).startswith(what)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"prompt,category\n<html>,privacy\n",
        b'{"message": "hi", "query_label": "safe"}',
        b'{"message": "hi"}\n{"message": "ho"}\n',
        b'[{"error": "x"}]',
        b"<PERSON> walks a dog",
        b"not found\nprompt\n",
        b"\x89PNG\r\n",
        json.dumps({"message": "x" * HEAD_BYTES}).encode()[:HEAD_BYTES],
    ],
)
def test_describe_stand_in_leaves_data_alone(head: bytes):
    assert describe_stand_in(head) is None
