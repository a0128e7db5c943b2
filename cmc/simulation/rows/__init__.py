"""Records as rows of the tables, exactly as the services would have stored them: one module for each domain."""
