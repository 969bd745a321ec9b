"""What a grid is and which one covers a point. Pure: standard library and shapely, no I/O."""
