"""tidemill mock with documents that are unlike each other: every feature of EDMX that services use."""
import json

import pytest

from test_mock import Mock

HEAD = """<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx"
 xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" xmlns:sap="http://www.sap.com/Protocols/SAPData">
<edmx:DataServices m:DataServiceVersion="2.0"><Schema Namespace="N" xmlns="http://schemas.microsoft.com/ado/2008/09/edm">"""
TAIL = "</Schema></edmx:DataServices></edmx:Edmx>"
PRIMITIVES = ["String", "Boolean", "Byte", "SByte", "Int16", "Int32", "Int64", "Decimal", "Double", "Single", "Guid", "DateTime",
              "DateTimeOffset", "Time", "Binary"]


def prop(name, kind="String", more=""):
    return f'<Property Name="{name}" Type="Edm.{kind}" {more}/>'


def entity(name, keys, body, more=""):
    refs = "".join(f'<PropertyRef Name="{k}"/>' for k in keys)
    return f'<EntityType Name="{name}" {more}><Key>{refs}</Key>{body}</EntityType>'


def document(types, sets, more=""):
    rows = "".join(f'<EntitySet Name="{n}" EntityType="N.{t}"/>' for n, t in sets.items())
    return HEAD + types + f'<EntityContainer Name="C" m:IsDefaultEntityContainer="true">{rows}{more}</EntityContainer>' + TAIL


@pytest.fixture
def serve(tmp_path):
    mocks = []

    def start(edmx, *arguments, data=None):
        mocks.append(Mock(tmp_path, *arguments, edmx=edmx, data=data))
        return mocks[-1]

    yield start
    for m in mocks:
        m.close()


def test_keys_of_every_type(serve):
    types = "".join(entity(f"K{t}", ["Key"], prop("Key", t, 'Nullable="false"') + prop("V", t)) for t in PRIMITIVES)
    types += entity("All", ["K" + t for t in PRIMITIVES], "".join(prop("K" + t, t, 'Nullable="false"') for t in PRIMITIVES))
    sets = {f"K{t}s": f"K{t}" for t in PRIMITIVES} | {"Alls": "All"}
    m = serve(document(types, sets))
    for name in sets:
        for row in m.get(name).results:
            assert m.get(row["__metadata"]["uri"].split("/odata/")[1]).d == row
        made = m.call("POST", name, {})  # a client that leaves keys to the server
        assert made.status == (409 if name == "KBooleans" else 201), (name, made)


def test_siblings_get_keys_of_their_own(serve):
    types = (entity("O", ["Id"], prop("Id", "Int32", 'Nullable="false"') + '<NavigationProperty Name="Lines" Relationship="N.OL" FromRole="o" ToRole="l"/>')
             + entity("L", ["Id", "No"], prop("Id", "Int32", 'Nullable="false"') + prop("No", "Int16", 'Nullable="false"') + prop("Text"))
             + '<Association Name="OL"><End Role="o" Type="N.O" Multiplicity="1"/><End Role="l" Type="N.L" Multiplicity="*"/></Association>')
    m = serve(document(types, {"Os": "O", "Ls": "L"}))
    made = m.call("POST", "Os", {"Lines": [{"Text": "a"}, {"Text": "b"}, {"Text": "c"}]})
    assert made.status == 201, made
    assert [x["No"] for x in made.d["Lines"]["results"]] == [1, 2, 3]


def test_narrow_properties_get_rows(serve):
    types = entity("T", ["Id"], prop("Id") + prop("Fraction", "Decimal", 'Precision="5" Scale="5"') + prop("Bytes", "Binary", 'MaxLength="3"')
                   + prop("Short", more='MaxLength="1"') + prop("Odd", "Decimal", 'Precision="2" Scale="4"'))
    m = serve(document(types, {"Ts": "T"}))
    rows = m.get("Ts").results
    assert len(rows) == 5
    assert all(float(r["Fraction"] or 0) < 1 for r in rows)


def test_containers(serve):
    types = entity("T", ["Id"], prop("Id"))
    m = serve(HEAD + types + '<EntityContainer Name="Other"><EntitySet Name="Us" EntityType="N.T"/></EntityContainer>'
              '<EntityContainer Name="Main" Extends="Other" m:IsDefaultEntityContainer="true"><EntitySet Name="Ts" EntityType="N.T"/>'
              "</EntityContainer>" + TAIL)
    assert sorted(m.get("").d["EntitySets"]) == ["Ts", "Us"]
    assert {m.get(p).status for p in ("Ts", "Us", "Main.Ts", "Other.Us")} == {200}
    assert m.get("Third.Ts").status == 404


def test_a_type_without_a_set(serve):
    types = (entity("A", ["Id"], prop("Id") + '<NavigationProperty Name="Parts" Relationship="N.AP" FromRole="a" ToRole="p"/>')
             + entity("P", ["Id"], prop("Id"))
             + '<Association Name="AP"><End Role="a" Type="N.A" Multiplicity="1"/><End Role="p" Type="N.P" Multiplicity="*"/></Association>')
    m = serve(document(types, {"As": "A"}))
    assert m.get("").d["EntitySets"] == ["As"]
    made = m.call("POST", "As('0000000001')/Parts", {"Id": "x"})
    assert made.status == 201
    assert m.get(made.d["__metadata"]["uri"].split("/odata/")[1]).d["Id"] == "x"
    assert "x" in [r["Id"] for r in m.get("As('0000000001')/Parts").results]


def test_names_beyond_ascii(serve):
    m = serve(document(entity("Größe", ["Maß"], prop("Maß") + prop("maß") + prop("Teil", "Int32")), {"Größen": "Größe"}), data={"Größen": [{"Maß": "ä/b", "Teil": 1}]})
    uri = m.get("Gr%C3%B6%C3%9Fen").results[0]["__metadata"]["uri"]
    assert uri.isascii() and m.get(uri.split("/odata/")[1]).d["Teil"] == 1
    made = m.call("POST", "Größen", {"Maß": "z"})
    assert made.header("Location") == made.d["__metadata"]["uri"]


def test_methods_of_functions(serve):
    functions = "".join(f'<FunctionImport Name="Do{x}" ReturnType="Edm.Boolean" m:HttpMethod="{x}"/>' for x in ("GET", "POST", "PUT", "MERGE", "PATCH", "DELETE"))
    functions += ('<FunctionImport Name="Out" ReturnType="Edm.String"><Parameter Name="a" Type="Edm.String" Mode="In"/>'
                  '<Parameter Name="o" Type="Edm.String" Nullable="false" Mode="Out"/></FunctionImport>')
    m = serve(document(entity("T", ["Id"], prop("Id")), {"Ts": "T"}, functions))
    for x in ("GET", "POST", "PUT", "MERGE", "PATCH", "DELETE"):
        assert m.call(x, f"Do{x}").status == 200, x
        assert m.call("GET" if x != "GET" else "POST", f"Do{x}").status == 405, x
    assert m.get("Out?a='1'").status == 200


def test_mistakes_are_said(serve):
    m = serve(document(entity("T", ["Id"], prop("Id") + prop("Where", "GeographyPoint")) * 2, {"Ts": "T", "Gone": "Missing"}))
    assert m.get("").d["EntitySets"] == ["Ts"]
    assert "Where" in m.get("$metadata", Accept="application/xml").text
    text = m.errors()
    assert "Property 'Where': Type: unknown type 'Edm.GeographyPoint'; left out" in text
    assert "EntitySet 'Gone': EntityType: unknown type 'N.Missing'; left out" in text
