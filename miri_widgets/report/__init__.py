"""What is written for people about a reduction: facts, text, figures, citations and the HTML template."""
