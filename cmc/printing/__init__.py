"""Paper: the national follow-up sheets, lists, slips and cards as A4 pages, in HTML and in PDF."""
