import pytest

from proguard.release.dataset.terms import read_terms

HUB = {"hub": "a/b", "revision": "0" * 40, "files": ["x.json"]}


def terms_of(name, **settings):
    return read_terms({"sources": {name: HUB | settings}})[name].withheld


@pytest.mark.parametrize("licence", ["MIT", "cc-by-4.0", "CC-BY-NC-4.0", "odc-by"])
def test_read_terms_releases_under_a_licence_that_allows_it(licence):
    assert terms_of("toxic_chat", licence=licence) is None


@pytest.mark.parametrize("licence", ["not stated", "other", "apache-2.0 in the head of its card, cc-by-nc-sa-4.0", "x"])
def test_read_terms_withholds_under_any_other(licence):
    assert terms_of("toxic_chat", licence=licence) == "its licence does not name terms that allow it"


def test_read_terms_withholds_what_is_gated_and_images_of_the_web():
    assert terms_of("wildguard", licence="odc-by", gate="https://hub/terms") == "gated: https://hub/terms"
    assert "on the web" in terms_of("llavaguard", licence="apache-2.0")


def test_read_terms_follows_what_is_asked():
    entries = {"a": HUB | {"adapter": "toxic_chat", "licence": "other"}}
    entries["b"] = entries["a"] | {"licence": "mit"}
    terms = read_terms({"sources": entries}, include=["a"], withhold=["b"])
    assert (terms["a"].withheld, terms["b"].withheld) == (None, "withheld on request")


def test_read_terms_of_an_unknown_source_names_the_known_ones():
    with pytest.raises(ValueError, match="no source c; the pipeline has b, d"):
        read_terms({"sources": {"b": _own()}, "benchmarks": {"d": _own()}}, include=["c"])


def _own():
    return HUB | {"adapter": "toxic_chat", "licence": "mit"}
