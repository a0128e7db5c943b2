"""Devices that people measure with: the registry, and who held which device when."""
