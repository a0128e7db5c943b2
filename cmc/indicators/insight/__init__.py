"""What a number says beside itself: who is behind it, how places compare, what changed, how it was measured."""
