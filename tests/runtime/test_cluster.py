import pytest

from proguard.runtime.cluster import connect


@pytest.mark.slow
def test_connect_local_starts_a_cluster_and_ends_it():
    import ray

    with connect("local"):
        assert ray.get(ray.remote(lambda: 7).remote()) == 7
        with connect("127.0.0.1:1"):  # The open connection is used,
            assert ray.is_initialized()
        assert ray.is_initialized()  # and left open.
    assert not ray.is_initialized()


@pytest.mark.slow
@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1", "ray://127.0.0.1:1"])
def test_connect_without_a_cluster_at_the_address_is_an_error(address: str):
    with pytest.raises(ConnectionError, match=f"auto or the host:port of one that runs, found {address} "):
        connect(address).__enter__()
