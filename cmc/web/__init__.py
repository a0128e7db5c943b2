"""The built pages: made from `ui/`, served with a strict content security policy."""
