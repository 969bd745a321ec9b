"""The routes, one module for each kind of thing; each takes a request apart, asks a service, shapes the answer."""
