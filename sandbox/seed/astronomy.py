"""Moon phases, equinoxes and solstices, after Jean Meeus, Astronomical Algorithms, 2nd edition.

Chapters 27 and 49; good to about a minute in these years.
"""

from datetime import UTC, datetime, timedelta
from math import cos, radians, sin

_J2000 = 2451545.0
_TT_MINUS_UTC = timedelta(seconds=69.184)  # 37 leap seconds and 32.184 s, as since 2017

_PHASES = ("New moon", "First quarter", "Full moon", "Last quarter")

# Each term: coefficient for the new moon, for the full moon, multiples of M, M', F, power of E.
_NEW_AND_FULL = (
    (-0.40720, -0.40614, 0, 1, 0, 0),
    (0.17241, 0.17302, 1, 0, 0, 1),
    (0.01608, 0.01614, 0, 2, 0, 0),
    (0.01039, 0.01043, 0, 0, 2, 0),
    (0.00739, 0.00734, -1, 1, 0, 1),
    (-0.00514, -0.00515, 1, 1, 0, 1),
    (0.00208, 0.00209, 2, 0, 0, 2),
    (-0.00111, -0.00111, 0, 1, -2, 0),
    (-0.00057, -0.00057, 0, 1, 2, 0),
    (0.00056, 0.00056, 1, 2, 0, 1),
    (-0.00042, -0.00042, 0, 3, 0, 0),
    (0.00042, 0.00042, 1, 0, 2, 1),
    (0.00038, 0.00038, 1, 0, -2, 1),
    (-0.00024, -0.00024, -1, 2, 0, 1),
    (-0.00007, -0.00007, 2, 1, 0, 0),
    (0.00004, 0.00004, 0, 2, -2, 0),
    (0.00004, 0.00004, 3, 0, 0, 0),
    (0.00003, 0.00003, 1, 1, -2, 0),
    (0.00003, 0.00003, 0, 2, 2, 0),
    (-0.00003, -0.00003, 1, 1, 2, 0),
    (0.00003, 0.00003, -1, 1, 2, 0),
    (-0.00002, -0.00002, -1, 1, -2, 0),
    (-0.00002, -0.00002, 1, 3, 0, 0),
    (0.00002, 0.00002, 0, 4, 0, 0),
)
# The same for both quarters: coefficient, multiples of M, M', F, power of E.
_QUARTERS = (
    (-0.62801, 0, 1, 0, 0),
    (0.17172, 1, 0, 0, 1),
    (-0.01183, 1, 1, 0, 1),
    (0.00862, 0, 2, 0, 0),
    (0.00804, 0, 0, 2, 0),
    (0.00454, -1, 1, 0, 1),
    (0.00204, 2, 0, 0, 2),
    (-0.00180, 0, 1, -2, 0),
    (-0.00070, 0, 1, 2, 0),
    (-0.00040, 0, 3, 0, 0),
    (-0.00034, -1, 2, 0, 1),
    (0.00032, 1, 0, 2, 1),
    (0.00032, 1, 0, -2, 1),
    (-0.00028, 2, 1, 0, 2),
    (0.00027, 1, 2, 0, 1),
    (-0.00005, -1, 1, -2, 0),
    (0.00004, 0, 2, 2, 0),
    (-0.00004, 1, 1, 2, 0),
    (0.00004, -2, 1, 0, 0),
    (0.00003, 1, 1, -2, 0),
    (0.00003, 3, 0, 0, 0),
    (0.00002, 0, 2, -2, 0),
    (0.00002, -1, 1, 2, 0),
    (-0.00002, 1, 3, 0, 0),
)
# Planetary terms: coefficient, constant, multiple of k (the first also has a term in T squared).
_PLANETS = (
    (0.000325, 299.77, 0.107408),
    (0.000165, 251.88, 0.016321),
    (0.000164, 251.83, 26.651886),
    (0.000126, 349.42, 36.412478),
    (0.000110, 84.66, 18.206239),
    (0.000062, 141.74, 53.303771),
    (0.000060, 207.14, 2.453732),
    (0.000056, 154.84, 7.306860),
    (0.000047, 34.52, 27.261239),
    (0.000042, 207.19, 0.121824),
    (0.000040, 291.34, 1.844379),
    (0.000037, 161.72, 24.198154),
    (0.000035, 239.56, 25.513099),
    (0.000023, 331.55, 3.592518),
)

_SEASONS = {
    "March equinox": (2451623.80984, 365242.37404, 0.05169, -0.00411, -0.00057),
    "June solstice": (2451716.56767, 365241.62603, 0.00325, 0.00888, -0.00030),
    "September equinox": (2451810.21715, 365242.01767, -0.11575, 0.00337, 0.00078),
    "December solstice": (2451900.05952, 365242.74049, -0.06223, -0.00823, 0.00032),
}
_SEASON_TERMS = (
    (485, 324.96, 1934.136),
    (203, 337.23, 32964.467),
    (199, 342.08, 20.186),
    (182, 27.85, 445267.112),
    (156, 73.14, 45036.886),
    (136, 171.52, 22518.443),
    (77, 222.54, 65928.934),
    (74, 296.72, 3034.906),
    (70, 243.58, 9037.513),
    (58, 119.81, 33718.147),
    (52, 297.17, 150.678),
    (50, 21.02, 2281.226),
    (45, 247.54, 29929.562),
    (44, 325.15, 31555.956),
    (29, 60.93, 4443.417),
    (18, 155.12, 67555.328),
    (17, 288.79, 4562.452),
    (16, 198.04, 62894.029),
    (14, 199.76, 31436.921),
    (12, 95.39, 14577.848),
    (12, 287.11, 31931.756),
    (12, 320.81, 34777.259),
    (9, 227.73, 1222.114),
    (8, 15.45, 16859.074),
)


def moon_phases(first_year: int, last_year: int) -> list[tuple[str, datetime]]:
    """Every principal phase of these years with its instant, to the minute."""
    begin, end = (round((year - 2000) * 12.3685 * 4) for year in (first_year, last_year + 1))
    found = [(_PHASES[quarter % 4], _phase(quarter / 4)) for quarter in range(begin - 4, end + 4)]
    return [(name, at) for name, at in found if first_year <= at.year <= last_year]


def seasons(year: int) -> list[tuple[str, datetime]]:
    """The equinoxes and solstices of a year, to the minute."""
    millennia = (year - 2000) / 1000
    return [(name, _season(polynomial, millennia)) for name, polynomial in _SEASONS.items()]


def _season(polynomial: tuple[float, ...], millennia: float) -> datetime:
    mean = sum(value * millennia**power for power, value in enumerate(polynomial))
    centuries = (mean - _J2000) / 36525
    w = radians(35999.373 * centuries - 2.47)
    longitude = 1 + 0.0334 * cos(w) + 0.0007 * cos(2 * w)
    terms = sum(a * cos(radians(b + c * centuries)) for a, b, c in _SEASON_TERMS)
    return _utc(mean + 0.00001 * terms / longitude)


def _phase(k: float) -> datetime:
    """The phase number k since the new moon of 6 January 2000, counted in lunations."""
    t = k / 1236.85
    eccentricity = 1 - 0.002516 * t - 0.0000074 * t**2
    sun = 2.5534 + 29.10535670 * k - 0.0000014 * t**2
    moon = 201.5643 + 385.81693528 * k + 0.0107582 * t**2 + 0.00001238 * t**3
    latitude = 160.7108 + 390.67050284 * k - 0.0016118 * t**2 - 0.00000227 * t**3
    node = radians(124.7746 - 1.56375588 * k + 0.0020672 * t**2)

    mean = 2451550.09766 + 29.530588861 * k + 0.00015437 * t**2 - 0.000000150 * t**3
    periodic = sum(
        coefficient * eccentricity**power * sin(radians(m * sun + n * moon + f * latitude))
        for coefficient, m, n, f, power in _terms(k)
    )
    planets = sum(a * sin(radians(b + c * k)) for a, b, c in _PLANETS)
    shift = _quarter_shift(k, eccentricity, radians(sun), radians(moon), radians(latitude))
    return _utc(mean + periodic - 0.00017 * sin(node) + planets + shift)


def _terms(k: float) -> list[tuple[float, int, int, int, int]]:
    quarter = round(k * 4) % 4
    if quarter % 2:
        return list(_QUARTERS)
    return [(full if quarter else new, *rest) for new, full, *rest in _NEW_AND_FULL]  # type: ignore[misc]


def _quarter_shift(k: float, e: float, sun: float, moon: float, latitude: float) -> float:
    quarter = round(k * 4) % 4
    if quarter % 2 == 0:
        return 0.0
    shift = 0.00306 - 0.00038 * e * cos(sun) + 0.00026 * cos(moon) - 0.00002 * cos(moon - sun)
    shift += 0.00002 * cos(moon + sun) + 0.00002 * cos(2 * latitude)
    return shift if quarter == 1 else -shift


def _utc(julian_day: float) -> datetime:
    """A Julian day in terrestrial time as UTC, rounded to the minute."""
    noon_2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
    at = noon_2000 + timedelta(days=julian_day - _J2000) - _TT_MINUS_UTC + timedelta(seconds=30)
    return at.replace(second=0, microsecond=0)
