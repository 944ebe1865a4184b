"""
Works to cite for a reduction.

Identifiers are given only where they are certain; software is cited by its Zenodo record of all versions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["CITATIONS", "Citation", "bibtex"]


@dataclass(frozen=True)
class Citation:
    """
    One work.

    Attributes
    ----------
    key : str
        Key in BibTeX and in `miri_widgets.report.methods_text`.
    short : str
        Authors and year, for the running text.
    authors, title : str
        In BibTeX's form.
    published_in : str
        Journal, volume and page; empty for software.
    year : int
        0 for software, every version of which has its own.
    doi, url : str
        Empty when not certain.
    journal, volume, pages : str
        Of an article.
    """

    key: str
    short: str
    authors: str
    title: str
    year: int = 0
    doi: str = ""
    url: str = ""
    journal: str = ""
    volume: str = ""
    pages: str = ""

    @property
    def published_in(self) -> str:
        """Journal, volume and page; empty for software."""
        return ", ".join(filter(None, (self.journal, self.volume, self.pages)))

    @property
    def link(self) -> str:
        """Address of the work; empty when none is certain."""
        return f"https://doi.org/{self.doi}" if self.doi else self.url


_PASP, _APJ = "PASP", "ApJ"

CITATIONS = {
    work.key: work
    for work in (
        Citation(
            "Rieke2015", "Rieke et al. 2015", "Rieke, G. H. and Wright, G. S. and B{\\\"o}ker, T. and others",
            "The Mid-Infrared Instrument for the James Webb Space Telescope, I: Introduction",
            2015, "10.1086/682252", "", _PASP, "127", "584",
        ),
        Citation(
            "Wright2023", "Wright et al. 2023", "Wright, Gillian S. and Rieke, George H. and Glasse, Alistair and others",
            "The Mid-infrared Instrument for JWST and Its In-flight Performance",
            2023, "10.1088/1538-3873/acbe66", "", _PASP, "135", "048003",
        ),
        Citation(
            "Bouchet2015", "Bouchet et al. 2015", "Bouchet, Patrice and Garc{\\'i}a-Mar{\\'i}n, Macarena and others",
            "The Mid-Infrared Instrument for the James Webb Space Telescope, III: MIRIM, The MIRI Imager",
            2015, "10.1086/682254", "", _PASP, "127", "612",
        ),
        Citation(
            "Bushouse", "Bushouse et al.", "Bushouse, Howard and Eisenhamer, Jonathan and Dencheva, Nadia and others",
            "JWST Calibration Pipeline", 0, "10.5281/zenodo.6984365",
        ),
        Citation(
            "Greenfield2016", "Greenfield & Miller 2016", "Greenfield, P. and Miller, T.",
            "The Calibration Reference Data System", 2016, "", "", "Astronomy and Computing", "16", "41",
        ),
        Citation(
            "Astropy2022", "Astropy Collaboration 2022",
            "{Astropy Collaboration} and Price-Whelan, Adrian M. and Lim, Pey Lian and others",
            "The Astropy Project: Sustaining and Growing a Community-oriented Open-source Project and the Latest "
            "Major Release (v5.0) of the Core Package",
            2022, "10.3847/1538-4357/ac7c74", "", _APJ, "935", "167",
        ),
        Citation(
            "Fruchter2002", "Fruchter & Hook 2002", "Fruchter, A. S. and Hook, R. N.",
            "Drizzle: A Method for the Linear Reconstruction of Undersampled Images",
            2002, "10.1086/338393", "", _PASP, "114", "144",
        ),
        Citation(
            "Photutils", "Bradley et al.", "Bradley, Larry and Sip{\\H o}cz, Brigitta and Robitaille, Thomas and others",
            "astropy/photutils", 0, "10.5281/zenodo.596036",
        ),
        Citation(
            "Gaia2023", "Gaia Collaboration 2023", "{Gaia Collaboration} and Vallenari, A. and Brown, A. G. A. and others",
            "Gaia Data Release 3. Summary of the content and survey properties",
            2023, "10.1051/0004-6361/202243940", "", "A&A", "674", "A1",
        ),
        Citation(
            "Harris2020", "Harris et al. 2020", "Harris, Charles R. and Millman, K. Jarrod and others",
            "Array programming with NumPy", 2020, "10.1038/s41586-020-2649-2", "", "Nature", "585", "357",
        ),
        Citation(
            "Virtanen2020", "Virtanen et al. 2020", "Virtanen, Pauli and Gommers, Ralf and Oliphant, Travis E. and others",
            "SciPy 1.0: fundamental algorithms for scientific computing in Python",
            2020, "10.1038/s41592-019-0686-2", "", "Nature Methods", "17", "261",
        ),
    )
}  # fmt: skip
"""All works by key."""


def bibtex(citations: Iterable[Citation], versions: dict[str, str] | None = None) -> str:
    """
    Return entries ready for a paper.

    Parameters
    ----------
    citations : iterable of Citation
        The works.
    versions : dict of str to str, optional
        Version by key, for software.

    Returns
    -------
    str
        The entries, separated by blank lines.
    """
    return "\n\n".join(_entry(work, (versions or {}).get(work.key, "")) for work in citations)


def _entry(work: Citation, version: str) -> str:
    fields = {
        "author": work.authors,
        "title": "{" + work.title.replace("&", r"\&") + "}",
        "journal": work.journal.replace("&", r"\&"),
        "year": str(work.year or ""),
        "volume": work.volume,
        "pages": work.pages,
        "version": version,
        "publisher": "" if work.journal else "Zenodo",
        "doi": work.doi,
        "url": work.url,
    }
    width = max(map(len, fields))
    lines = [f"  {name:<{width}} = {{{value}}}," for name, value in fields.items() if value]
    kind = "article" if work.journal else "software"
    return "\n".join([f"@{kind}{{{work.key},", *lines, "}"])
