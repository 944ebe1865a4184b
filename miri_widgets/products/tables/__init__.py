"""Tables that people give and other programs write: one reader for all of them."""

from miri_widgets.products.tables.reader import FileTable, read_table

__all__ = ["FileTable", "read_table"]
