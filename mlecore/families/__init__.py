"""Every family in this folder, by name. A new file here is a new family: nothing else needs to change."""

from importlib import import_module
from pkgutil import iter_modules

from .base import FAMILIES, Family, Support

for _module in iter_modules(__path__):
    import_module(f".{_module.name}", __name__)

__all__ = ["FAMILIES", "Family", "Support"]
