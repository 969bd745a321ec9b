"""The couriers: processes that carry what the books promised, and the one that serves the web."""
