"""Fixes computed from the value that is wrong: the nearest name, network, number or spelling that is right. Pure."""
