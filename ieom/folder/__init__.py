"""A mission folder: reading it, saying everything that is wrong with it, making a new one."""

from ieom.folder.making import new
from ieom.folder.names import load_names
from ieom.folder.opening import open_mission
from ieom.folder.reading import MissionFolder, check, read, read_rows

__all__ = ["MissionFolder", "check", "load_names", "new", "open_mission", "read", "read_rows"]
