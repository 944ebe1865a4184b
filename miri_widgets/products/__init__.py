"""Names and facts of files on disk: file-name grammar, exposures, associations, programs."""
