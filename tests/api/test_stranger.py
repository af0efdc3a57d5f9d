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


def test_what_a_body_leaves_out(serve):
    rest = "".join(prop("N" + t, t, 'Nullable="false"') for t in PRIMITIVES)
    m = serve(document(entity("T", ["Id"], prop("Id") + rest + prop("Level", "Int32", 'DefaultValue="7"') + prop("Odd", "DateTime", 'DefaultValue="getdate()"')),
                       {"Ts": "T"}))
    row = m.call("POST", "Ts", {"Id": "x"}).d
    assert all(row["N" + t] is not None for t in PRIMITIVES), row
    assert (row["NString"], row["NInt32"], row["NInt64"], row["NBoolean"], row["Level"], row["Odd"]) == ("", 0, "0", False, 7, None)
    assert m.get("Ts('x')").d == row
    assert m.call("MERGE", "Ts('nobody')", {}).status == 404


def test_data_of_many_tools(serve, tmp_path):
    """Mock data folders of UI5 and answers that were saved: the same values in other forms."""
    rows = [{"Id": 1, "Flag": "X", "Small": "-5", "Big": 7, "Price": 1.5, "Uuid": "0050569ABCDE1ED7A1B2C3D4E5F60718", "On": "2015-02-10",
             "At": "2015-02-10T10:00:00", "Time": "10:30:00", "Zzz": 1, "__metadata": {"uri": "x"}},
            {"Id": "2", "Flag": "", "On": "2015-02-10T00:00:00.000Z", "At": 1420070400000, "Time": {"ms": 37800000, "__edmType": "Edm.Time"}, "Small": ""},
            {"Id": "3", "Flag": None, "On": "/Date(1420070400000+0000)/", "Small": None, "Long": "longer than it may be"}]
    folder = tmp_path / "mockdata"
    folder.mkdir()
    (folder / "Ts.json").write_text(json.dumps(rows))
    (folder / "Us.json").write_text(json.dumps({"d": {"__metadata": {}, "Id": "only"}}))
    (folder / "Elsewhere.json").write_text("{}")
    m = serve(document(entity("T", ["Id"], prop("Id") + prop("Flag", "Boolean", 'Nullable="false"') + prop("Small", "Int16") + prop("Big", "Int64")
                              + prop("Price", "Decimal") + prop("Uuid", "Guid") + prop("On", "DateTime") + prop("At", "DateTimeOffset") + prop("Time", "Time")
                              + prop("Long", more='MaxLength="5"')) + entity("U", ["Id"], prop("Id")), {"Ts": "T", "Us": "U"}), "--data", folder)
    one, two, three = m.get("Ts").results
    assert (one["Id"], one["Flag"], one["Small"], one["Big"], one["Price"]) == ("1", True, -5, "7", "1.5")
    assert one["Uuid"] == "0050569a-bcde-1ed7-a1b2-c3d4e5f60718"
    assert (one["On"], one["At"], one["Time"]) == ("/Date(1423526400000)/", "/Date(1423562400000)/", "PT10H30M0S")
    assert (two["Flag"], two["On"], two["At"], two["Time"], two["Small"]) == (False, one["On"], "/Date(1420070400000)/", one["Time"], None)
    assert (three["Flag"], three["On"], three["Long"]) == (False, two["At"], "longer than it may be")
    assert m.get("Us('only')").status == 200
    assert "Elsewhere.json: no set of that name" in m.errors() and "T: no property 'Zzz'" in m.errors()


def test_search(serve):
    edmx = document(entity("T", ["Id"], prop("Id") + prop("A") + prop("B")), {"Ts": "T", "Plain": "T"}).replace('Name="Ts"', 'Name="Ts" sap:searchable="true"')
    m = serve(edmx, data={"Ts": [{"Id": "1", "A": "Red lamp"}, {"Id": "2", "B": "lamplight"}, {"Id": "3", "A": "chair"}]})
    assert [r["Id"] for r in m.get("Ts?search=LAMP&$filter=Id ne '2'").results] == ["1"]
    assert m.get("Ts/$count?search=lamp").text == "2"
    assert m.get("Plain/$count?search=lamp").text == "3"  # it does not say that it can be searched


def test_elements_of_feeds(serve):
    m = serve(document(entity("P", ["Id"], prop("Id", "Int32", 'Nullable="false"')
                              + prop("Name", more='m:FC_TargetPath="SyndicationTitle" m:FC_KeepInContent="false"')
                              + prop("Text", more='m:FC_TargetPath="SyndicationSummary" m:FC_KeepInContent="false"')
                              + prop("By", more='m:FC_TargetPath="SyndicationAuthorName" m:FC_KeepInContent="true"')), {"Ps": "P"}), data={"Ps": [{"Id": 1, "Name": "A & B", "By": "Ann"}]})
    text = m.get("Ps(1)", Accept="application/atom+xml").text
    assert '<title type="text">A &amp; B</title>' in text and "<author><name>Ann</name></author>" in text and "<d:By>Ann</d:By>" in text
    assert "d:Name" not in text and "summary" not in text
    entry = ('<entry xmlns="http://www.w3.org/2005/Atom" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"'
             ' xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices"><title>T</title><summary>S</summary><author><name>N</name></author>'
             "<content type='application/xml'><m:properties><d:Id>2</d:Id><d:By>kept</d:By></m:properties></content></entry>")
    made = m.call("POST", "Ps", entry, Content_Type="application/atom+xml")
    assert made.status == 201 and (made.d["Name"], made.d["Text"], made.d["By"]) == ("T", "S", "kept")
    assert m.get("Ps(2)").d["Name"] == "T"  # JSON knows nothing of it


def test_json_of_later_versions_is_a_last_resort(serve):
    """Excel asks for OData 4's JSON and 3's, then for Atom; datajs names 3's before the one that we speak."""
    m = serve(document(entity("T", ["Id"], prop("Id")), {"Ts": "T"}))
    kinds = {"application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,application/atomsvc+xml;q=0.8,"
             "application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7": "application/atom+xml",
             "application/atomsvc+xml;q=0.8, application/json;odata=fullmetadata;q=0.7, application/json;q=0.5, */*;q=0.1": "application/json",
             "application/json;odata=minimalmetadata": "application/json", "application/json; odata=verbose": "application/json"}
    for accept, kind in kinds.items():
        assert m.get("Ts", Accept=accept).header("Content-Type").startswith(kind), accept


def test_siblings_with_keys_of_time(serve):
    types = (entity("O", ["Id"], prop("Id") + '<NavigationProperty Name="Logs" Relationship="N.OL" FromRole="o" ToRole="l"/>')
             + entity("L", ["At", "Of"], prop("At", "DateTime", 'Nullable="false"') + prop("Of", "Time", 'Nullable="false"'))
             + '<Association Name="OL"><End Role="o" Type="N.O" Multiplicity="1"/><End Role="l" Type="N.L" Multiplicity="*"/></Association>')
    m = serve(document(types, {"Os": "O", "Ls": "L"}), "--basis", "gateway")
    fetched = m.get("", X_CSRF_Token="Fetch")
    made = m.call("POST", "Os", {"Id": "x", "Logs": [{}, {}]}, X_CSRF_Token=fetched.header("x-csrf-token"), Cookie=fetched.cookies)
    assert made.status == 201, made
    uris = [r["__metadata"]["uri"] for r in m.get("Ls").results]
    assert len(set(uris)) == len(uris)
    for r in m.get("Os('x')/Logs").results:  # thousandths of a second are not lost on the way
        assert m.get(f"Ls/$count?$filter=Of eq time'{r['Of']}'").text == "1"


def test_one_of_several_is_always_the_same(serve):
    """A to-one navigation that several rows fit: followed or expanded, it is the first by key."""
    types = (entity("A", ["Id"], prop("Id") + '<NavigationProperty Name="B" Relationship="N.AB" FromRole="a" ToRole="b"/>') + entity("B", ["Id"], prop("Id") + prop("AId"))
             + '<Association Name="AB"><End Role="a" Type="N.A" Multiplicity="1"/><End Role="b" Type="N.B" Multiplicity="0..1"/><ReferentialConstraint>'
               '<Principal Role="a"><PropertyRef Name="Id"/></Principal><Dependent Role="b"><PropertyRef Name="AId"/></Dependent></ReferentialConstraint></Association>')
    m = serve(document(types, {"As": "A", "Bs": "B"}), data={"As": [{"Id": "a"}], "Bs": [{"Id": i, "AId": "a"} for i in ("z", "b", "m")]})
    assert m.get("As('a')/B").d["Id"] == m.get("As('a')?$expand=B").d["B"]["Id"] == "b"
