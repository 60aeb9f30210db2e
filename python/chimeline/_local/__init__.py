"""What `LocalChime` is made of: the methods of its control API and the hand-over of its events."""
