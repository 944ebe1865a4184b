"""Every parameter of every stage has an answer: it acts and changes pixels, or it says that it does not and changes none."""

import hashlib
import inspect
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from parameter_trials.corrections import ACTS, BASE, IDLE, NOT_PIXELS

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.errors import MiriWidgetsError
from miri_widgets.settings import Settings
from miri_widgets.simulation.calibrated import calibrated_program
from miri_widgets.simulation.effects import CAL_EFFECTS
from miri_widgets.steps.acting import acting_in_chain, inactive, rules_of
from miri_widgets.steps.acting_rules import RULES
from miri_widgets.steps.conditions import Holds
from miri_widgets.steps.declarations import declared, owned_reason
from miri_widgets.steps.stages import STAGES, stage

ALWAYS = {
    "miri_persistence": "trigger positive_minutes negative_hours grow_pixels do_not_use user_mask prove",
    "detector1": "save_calibrated_ramp",
    "dq_init": "user_supplied_dq override_mask",
    "emicorr": "onthefly_corr_freq",
    "saturation": "n_pix_grow_sat use_readpatt override_saturation",
    "ipc": "override_ipc",
    "refpix": "odd_even_rows",
    "rscd": "override_rscd",
    "firstframe": "bright_use_group1",
    "linearity": "override_linearity",
    "dark_current": "average_dark_current override_dark",
    "reset": "override_reset",
    "persistence": "persistence_time",
    "charge_migration": "signal_threshold",
    "jump": "rejection_threshold three_group_rejection_threshold four_group_rejection_threshold flag_4_neighbors after_jump_flag_time1 after_jump_flag_time2 expand_large_events find_showers min_diffs_single_pass minimum_sigclip_groups only_use_ints override_gain override_readnoise",
    "clean_flicker_noise": "fit_method",
    "ramp_fit": "algorithm save_opt suppress_one_group firstgroup lastgroup override_readnoise override_gain",
    "gain_scale": "override_gain",
    "showers": "save_unmasked prove",
    "miri_showers": "showers_file",
    "miri_rates": "rateints_file algorithm tolerance",
    "miri_stripes": "prove rateints_file columns rows method source_nsigma exclude_above exclude_file coronagraphs min_pixels",
    "bkg_subtract": "bkg_list",
    "assign_wcs": "sip_approx override_distortion override_filteroffset",
    "flat_field": "user_supplied_flat inverse save_interpolated_flat",
    "photom": "inverse apply_time_correction override_photom override_area",
    "resample": "pixfrac kernel fillval weight_type output_shape output_wcs single propagate_dq pixmap_stepsize blendheaders",
    "miri_grid": "pixel_scale tightest centre size",
    "miri_shifts": "catalog search_radius together own_stars rotation reference_filter regroup min_matches min_significance other_guide_stars",
    "miri_apply_shift": "undo",
    "image3": "in_memory",
    "tweakreg": "save_catalogs use_custom_catalogs starfinder snr_threshold kernel_fwhm bkg_boxsize enforce_user_order minobj fitgeometry nclip sigma searchrad use2dhist separation tolerance abs_refcat sip_approx",
    "skymatch": "skymethod subtract",
    "outlier_detection": "weight_type maskpt snr save_intermediate_results resample_data good_bits",
    "source_catalog": "aperture_ee1 aperture_ee2 aperture_ee3 ci1_star_threshold ci2_star_threshold starfinder snr_threshold bkg_boxsize kernel_fwhm override_apcorr override_abvegaoffset",
}
"""
By step, what always acts when its step runs: read from the steps, and the other half of the answer to `RULES`. Parameters of
our corrections of calibrated exposures are tried by `ACTS`, which is their answer.
"""

OWN = [one for one in STAGES if one.correction and one.takes == "cal"]


def settable(of):
    return [one for one in declared(of.name) if not owned_reason(one.name)]


def always(of, parameter):
    if of in OWN:
        return parameter.name in ACTS[of.name] or parameter.name in NOT_PIXELS
    step = parameter.step or (of.steps[0] if of.is_single_step else of.name)
    return parameter.label in ALWAYS.get(step, "").split()


@pytest.mark.parametrize("of", STAGES, ids=lambda one: one.name)
def test_every_parameter_has_an_answer(of):
    for one in settable(of):
        ruled = any(one.label in rule.names for rule in rules_of(of, one.step))
        elsewhere = one.label == "skip" or (one.step and one.step not in of.steps)
        assert ruled or elsewhere or always(of, one), (
            f"{of.name}: when does {one.name} act? Say so in the declaration of the stage, in steps/acting_rules.py, or in ALWAYS of this test."
        )


@pytest.mark.parametrize("of", [one for one in STAGES if one.acting], ids=lambda one: one.name)
def test_every_rule_of_a_declaration_names_parameters_that_exist(of):
    known = {one.name for one in declared(of.name)}
    for rule in rules_of(of, ""):
        assert set(rule.names) <= known
        assert {one.parameter for one in rule.any_of if one.holds != Holds.NEVER} <= known


def test_the_official_stages_have_their_rules_in_one_place():
    assert not any(one.acting for one in STAGES if not one.is_own)
    assert not set(RULES) & {one.steps[0] for one in STAGES if one.is_own}


@pytest.mark.parametrize("step", RULES)
def test_every_rule_names_parameters_that_exist(step):
    stage_name, _, name = step.rpartition(":")
    known = {
        (one.name, parameter.step or (one.steps[0] if one.is_single_step else one.name), parameter.label)
        for one in STAGES
        for parameter in declared(one.name)
    }
    full = {parameter.name for one in STAGES for parameter in declared(one.name)}
    of = {one for one, its, _ in known if its == name and stage_name in ("", one)}
    for rule in RULES[step]:
        for label in rule.names:
            assert any((one, name, label) in known for one in of), label
        for condition in rule.any_of:
            if condition.holds != Holds.NEVER:
                decides = condition.parameter
                assert decides in full or any((one, name, decides) in known for one in of), decides


def test_reasons_are_sentences_with_the_value_of_now():
    of = stage("sky")
    reasons = inactive(of, declared("sky"), {"method": "median", "mask_sources": False})
    assert reasons["clip_low"] == "Acts only when method is not median; now method is median."
    assert reasons["source_grow"] == "Acts only when mask_sources is on; now mask_sources is off."
    assert "exactly 0" in reasons["leave_one_out"] and "method" not in reasons
    for one in STAGES:
        for reason in inactive(one, declared(one.name), {}).values():
            assert (
                (reason[0].isupper() or reason.startswith("jwst "))
                and reason.endswith(".")
                and "  " not in reason
            )


def test_a_skipped_step_leaves_all_its_parameters_without_effect_but_skip():
    of = stage("image3")
    found = inactive(of, declared("image3"), {"tweakreg.skip": True})
    whole = {one.name for one in declared("image3") if one.step == "tweakreg"}
    assert {name for name in found if name.startswith("tweakreg.")} == whole - {"tweakreg.skip"}


def test_a_catalogue_of_a_service_and_a_mask_that_is_an_image_leave_their_parameters_without_effect():
    from miri_widgets.steps.online_catalogs import ONLINE_CATALOGS

    for name, known in (("shifts", "catalog"), ("image3", "tweakreg.abs_refcat")):
        for one in (*ONLINE_CATALOGS, "gaiadr3", "stars.csv"):
            online = one != "stars.csv"
            idle = inactive(stage(name), declared(name), {known: one})
            assert ("catalog_epoch" in idle) == (online and name == "shifts")
            assert ("tweakreg.save_abs_catalog" in idle) == (not online and name == "image3")
    for path, idle in (("a.FITS", True), ("a.fits.gz", True), ("a.txt", False), (None, True), ("", True)):
        assert (
            "one_based" in inactive(stage("persistence"), declared("persistence"), {"user_mask": path})
        ) == idle


def test_without_showers_there_is_no_proof():
    idle = inactive(stage("showers"), declared("showers"), {})
    assert idle["prove"] == (
        "Acts only when miri_showers.showers_file is given. Without showers there is nothing to prove."
    )
    drawn = {"miri_showers.showers_file": "a.reg"}
    assert not {"prove", "proof_sources"} & inactive(stage("showers"), declared("showers"), drawn).keys()


def test_the_chain_decides():
    of = stage("image3")
    settings = Settings(declared("image3"))
    acting = acting_in_chain(of, settings, [stage("grid"), stage("apply_shift"), of])
    assert acting.decided["tweakreg.skip"] == (True, "Set by the stage Apply shifts unless you set it.")
    assert acting.inactive["tweakreg.minobj"] == "The step tweakreg is skipped."
    assert acting.inactive["resample.pixel_scale"] == "The stage Grid decides it."
    assert not acting_in_chain(of, settings, [of]).decided
    mine = settings.replace({"tweakreg.skip": False})
    assert "tweakreg.minobj" not in acting_in_chain(of, mine, [stage("apply_shift"), of]).inactive


# -- pixels of our own steps --------------------------------------------------


@pytest.fixture(scope="module")
def exposures():
    """Five dithers of a small window with all artefacts, and a cold pixel."""
    effects = [name for name in CAL_EFFECTS if name != "pointing_error"]
    made = calibrated_program("sparse", "F560W", dithers=5, shape=(144, 144), effects=effects).arrays
    return tuple(_with_cold_pixel(one) for one in made)


def _with_cold_pixel(planes):
    sci = planes.sci.copy()
    sci[90:93:2, 70] -= 50 * np.nanmedian(planes.err)
    return planes.replace(sci=sci)


@pytest.fixture(scope="module")
def beside_coronagraphs():
    """A striped window of the detector with parts of two coronagraphs, the support and the imager."""
    rng, shape = np.random.default_rng(4), (130, 200)
    stripes = rng.normal(0, 0.5, (1, shape[1])) + rng.normal(0, 0.5, (shape[0], 1))
    sci = (20 + stripes + rng.normal(0, 0.3, shape)).astype(np.float32)
    err, dq = np.full(shape, 0.3, np.float32), np.zeros(shape, np.uint32)
    return (ExposureArrays(sci, err, dq, root="a", filter="F560W", corner=(260, 650)),)


@pytest.fixture(scope="module")
def pixels(exposures, request):
    """Give a mark of all pixels that a stage makes with some settings; each is made once."""
    made = {}
    level = float(np.nanmedian(exposures[0].sci))

    def mark(name, settings):
        key = name, repr(sorted(settings.items(), key=str))
        if key not in made:
            module, _, function = stage(name).correction.partition(":")
            arguments = {
                label.removesuffix("_file"): level if value == "level" else value
                for label, value in settings.items()
            }
            if name == "sky":
                module, function = "miri_widgets.core.sky.subtraction", "subtract_sky"
                arguments |= {"backgrounds": exposures[3:]} if settings.get("method") == "background" else {}
            # coronagraphs lie outside the small subarray
            seen = (
                request.getfixturevalue("beside_coronagraphs")
                if settings.get("coronagraphs") or name == "areas"
                else exposures
            )
            try:
                outcome = getattr(import_module(module), function)(seen, **arguments)
                arrays = [getattr(one, name) for one in outcome.exposures for name in ("sci", "err", "dq")]
                arrays += [one for _, one in sorted(outcome.images.items())]
                made[key] = hashlib.sha256(
                    b"".join(np.ascontiguousarray(one).tobytes() for one in arrays)
                ).hexdigest()
            except MiriWidgetsError as error:
                made[key] = str(error)
        return made[key]

    return mark


@pytest.mark.parametrize("of", OWN, ids=lambda one: one.name)
def test_what_acts_is_tried_for_every_parameter(of):
    names = {one.name for one in settable(of)} - NOT_PIXELS.keys()
    assert names == ACTS[of.name].keys() - NOT_PIXELS.keys()
    ruled = {label for rule in rules_of(of, "") for label in rule.names} - NOT_PIXELS.keys()
    assert ruled == IDLE.get(of.name, {}).keys()


@pytest.mark.parametrize(("name", "parameter"), [(name, one) for name, them in ACTS.items() for one in them])
def test_a_parameter_that_acts_changes_a_pixel(pixels, name, parameter):
    value, context = ACTS[name][parameter]
    context = {**BASE.get(name, {}), **context}
    assert parameter not in inactive(stage(name), declared(name), context)
    assert pixels(name, {**context, parameter: value}) != pixels(name, context)


@pytest.mark.parametrize(("name", "parameter"), [(name, one) for name, them in IDLE.items() for one in them])
def test_a_parameter_that_does_not_act_changes_none(pixels, name, parameter):
    value, context = ACTS[name][parameter][0], {**BASE.get(name, {}), **IDLE[name][parameter]}
    assert parameter in inactive(stage(name), declared(name), context)
    assert pixels(name, {**context, parameter: value}) == pixels(name, context)


# -- steps of jwst ------------------------------------------------------------


@pytest.mark.pipeline
@pytest.mark.parametrize(
    ("module", "step", "names"),
    [
        ("jwst.jump", "JumpStep", ("max_shower_amplitude", "use_ellipses")),
        ("jwst.ramp_fitting", "RampFitStep", ("int_name",)),
    ],
)
def test_what_jwst_declares_without_use_is_used_nowhere_in_its_step(module, step, names):
    source = inspect.getsource(
        import_module(
            f"{module}.{module.rpartition('.')[2]}_step"
            if step != "RampFitStep"
            else "jwst.ramp_fitting.ramp_fit_step"
        )
    )
    assert "self." in source
    for name in names:
        assert f"self.{name}" not in source, f"{step} makes use of {name} now: take its rule away"
