from proguard.carriers import find_carriers


def test_find_carriers_counts_different_images():
    requests = [("What is this?", "i1"), ("what is THIS", "i2"), ("who is this", "i1"), ("who is this", "i1")]
    assert find_carriers(requests, carrier_images=1) == {"what is this"}


def test_find_carriers_leaves_text_and_image_alone_out():
    requests = [("a", None), ("a", None), (None, "i1"), (None, "i2")]
    assert find_carriers(requests, carrier_images=0) == frozenset()
