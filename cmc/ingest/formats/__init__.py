"""The wire formats: one pure file each, listed here in the order in which the documentation shows them."""

from cmc.ingest.formats import (
    accu_chek_csv,
    ava4,
    bodytrace,
    gatt_blood_pressure,
    gatt_cgm,
    gatt_glucose,
    glucometerutils_csv,
    libreview_csv,
    lifesense,
    native,
    omron_csv,
    tellihealth,
    tenovi,
)
from cmc.ingest.received import Format

FORMATS: tuple[Format, ...] = (
    native.FORMAT,
    gatt_glucose.FORMAT,
    gatt_blood_pressure.FORMAT,
    gatt_cgm.FORMAT,
    lifesense.FORMAT,
    tellihealth.FORMAT,
    tenovi.FORMAT,
    bodytrace.FORMAT,
    ava4.FORMAT,
    accu_chek_csv.FORMAT,
    libreview_csv.FORMAT,
    omron_csv.FORMAT,
    glucometerutils_csv.FORMAT,
)
