"""An exported script and an exported notebook, run where nothing was run before, give equal products."""

import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from miri_widgets.products.product_digest import content_hash
from miri_widgets.products.scan import scan
from miri_widgets.run import completed, export_notebook, export_script, plan_stages

pytestmark = pytest.mark.pipeline
STAGES = ("detector1", "image2", "image3")


def test_script_and_notebook_reproduce_keys_and_products(small_twin, tmp_path, monkeypatch):
    from miri_widgets.simulation import crds_environment

    for name in ("MIRI_WIDGETS_EXECUTOR", "MIRI_WIDGETS_PRELOAD"):
        monkeypatch.delenv(name)
    environment = crds_environment(small_twin.cache, small_twin.context)
    exposures = scan([small_twin.folder / "uncal"]).exposures[:2]
    values = {"detector1": {"jump.rejection_threshold": 4.5}, "image3": {"resample.pixfrac": 0.8}}
    plans = plan_stages(
        tmp_path / "planned", exposures, STAGES, values, environment, product_name="small_{filter}"
    )

    script = tmp_path / "reduce.py"
    script.write_text(export_script(plans, tmp_path / "planned"))
    command = [sys.executable, str(script), str(tmp_path / "by_script")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr
    assert "Not the same runs" not in done.stdout

    notebook = nbformat.reads(export_notebook(plans, tmp_path / "planned"), as_version=4)
    place = next(i for i, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", ()))
    chosen = nbformat.v4.new_code_cell(f"WORKSPACE = Path({str(tmp_path / 'by_notebook')!r})")
    notebook.cells.insert(place + 1, chosen)
    NotebookClient(notebook, timeout=1800, resources={"metadata": {"path": str(tmp_path)}}).execute()
    told = "".join(out.get("text", "") for cell in notebook.cells for out in cell.get("outputs", ()))
    assert "Not the same runs" not in told
    assert any("image/png" in out.get("data", {}) for out in notebook.cells[-1].outputs)

    assert not (tmp_path / "planned" / "runs").exists()
    for plan in plans:
        folders = [tmp_path / name / "runs" / plan.stage / plan.key for name in ("by_script", "by_notebook")]
        records = [completed(tmp_path / name, plan.key) for name in ("by_script", "by_notebook")]
        assert all(records), plan.label
        assert list(records[0].products) == list(records[1].products)
        assert records[0].resolved == records[1].resolved
        for name in records[0].products:
            # every product: pixels, tables, headers without dates, world coordinates
            assert content_hash(folders[0] / name) == content_hash(folders[1] / name), name
