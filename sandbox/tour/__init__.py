"""The tour: the main job from beginning to end, each step checked against an independent truth."""
