"""The shapes of the HTTP contract: what is accepted is checked by them, what is answered is documented by them."""
