"""The viewer around jdaviz; the only importer of it."""
