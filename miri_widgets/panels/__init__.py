"""ipywidgets views of the models, one panel per stage."""
