"""Deployments that overtake each other leave what the last one said."""
from concurrent.futures import ThreadPoolExecutor

from bundles import encoded, flow, modifier

PATH = "/IntegrationDesigntimeArtifacts(Id='Race',Version='active')"
DEPLOY = "/DeployIntegrationDesigntimeArtifact?Id='Race'&Version='active'"


def test_deploy_and_undeploy_at_once(server):
    assert server.upload("Integration", "Race", "race", flow("Race", steps=[modifier("first")])).status == 201
    server.bearer()

    def act(i):
        if i % 3 == 2:
            return server.delete("/IntegrationRuntimeArtifacts('Race')").status
        return server.post(DEPLOY).status

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(act, range(60)))
    assert set(seen) <= {202, 404}, seen
    content = {"ArtifactContent": encoded(flow("Race", "1.0.1", steps=[modifier("last")]))}
    assert server.put(PATH, content).status == 200
    server.deploy("Integration", "Race")
    assert server.get("/IntegrationRuntimeArtifacts('Race')").d["Version"] == "1.0.1"
    assert server.send("/http/race").text == "last"
    assert server.delete("/IntegrationRuntimeArtifacts('Race')").status == 202
    assert server.get("/IntegrationRuntimeArtifacts('Race')").status == 404
    assert server.send("/http/race").status == 404


def test_many_packages_at_once(server):
    server.bearer()

    def create(i):
        return server.post("/IntegrationPackages", {"Id": f"Many{i % 10}", "Name": "x", "ShortText": "x"}).status

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(create, range(40)))
    assert seen.count(201) == 10 and seen.count(409) == 30, seen
