"""Recordings from start to finish, on top of the plain calls."""
