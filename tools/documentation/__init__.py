"""Generators of documentation: tables, pages and pictures from the data that they describe."""
