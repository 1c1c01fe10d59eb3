"""Keys that the tests of this folder share."""

import pytest

from lib.keys import Authority


class Keys:
    """Two authorities, as in the field: one for switches, one for the others."""

    def __init__(self, directory):
        self.dir = directory
        self.switches = Authority(directory, "switches")
        self.controllers = Authority(directory, "controllers")
        self.switch = self.switches.issue("switch")
        self.controller = self.controllers.issue("controller")


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("keys"))
