from pathlib import Path

import pytest

from tests.verl_cpu import toy


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `model`."""
    folder = tmp_path_factory.mktemp("toy")
    toy.write_model(folder / "model")
    return folder
