"""How long a degree is: turns degrees into metres near a place; no projection of whole countries."""

import math

import numpy as np
from numpy.typing import NDArray

# WGS-84 ellipsoid: semi-major axis in metres, first eccentricity squared.
_AXIS = 6378137.0
_ECCENTRICITY2 = 6.69437999014e-3


def metres_per_degree(lat: float) -> NDArray[np.float64]:
    """Metres of one degree of longitude and of latitude at `lat` on the WGS-84 ellipsoid."""
    sine = math.sin(math.radians(lat))
    curve = 1 - _ECCENTRICITY2 * sine * sine
    east = _AXIS / math.sqrt(curve) * math.cos(math.radians(lat))
    north = _AXIS * (1 - _ECCENTRICITY2) / (curve * math.sqrt(curve))
    return np.array([east, north]) * (math.pi / 180)
