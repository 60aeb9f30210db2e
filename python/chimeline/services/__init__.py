"""The clients' classes, a module each: for annotations. Clients are created by ``chimeline.client``."""
