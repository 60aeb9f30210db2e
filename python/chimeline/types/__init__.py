"""Types of arguments and results, a module each service: for annotations and type checkers, not loaded by a client."""
