"""The events of calls: their handlers, and the order in which a call that has any goes."""
