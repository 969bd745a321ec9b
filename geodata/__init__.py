"""Geometry and reference data on their way in and out. Knows files and coordinate systems, no database."""
