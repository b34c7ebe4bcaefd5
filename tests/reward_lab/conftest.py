import pytest

from proguard.naming import NameBank
from tests.outcomes import MINILM
from tests.worlds import taxonomy


@pytest.fixture(scope="package")
def bank():
    return NameBank(taxonomy(), MINILM)
