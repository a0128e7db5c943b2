"""Who may come in: users with roles on nodes of the tree, their sessions, and the keys of machines."""
