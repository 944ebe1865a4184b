"""Stripes along rows and columns, pull-up and pull-down."""
