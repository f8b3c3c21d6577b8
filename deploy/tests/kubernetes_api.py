"""As much of a Kubernetes API as a Gateway's controller reads, for `deploy/check`.

kubernetes_api.py PORT MANIFESTS LISTENER SERVICE=PORT...

It has the objects of MANIFESTS, as `kubectl kustomize` prints them, a Gateway `gateway` of
Traefik's class that listens on port LISTENER, and for each SERVICE one endpoint on a port of this
machine. Lists are answered and watches stay silent. What a controller says of an object's status is
forgotten.
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

GATEWAY_API = "gateway.networking.k8s.io/v1"

KINDS = {
    "backendtlspolicies": "BackendTLSPolicy",
    "configmaps": "ConfigMap",
    "endpointslices": "EndpointSlice",
    "gatewayclasses": "GatewayClass",
    "gateways": "Gateway",
    "grpcroutes": "GRPCRoute",
    "httproutes": "HTTPRoute",
    "namespaces": "Namespace",
    "nodes": "Node",
    "referencegrants": "ReferenceGrant",
    "secrets": "Secret",
    "services": "Service",
    "tcproutes": "TCPRoute",
    "tlsroutes": "TLSRoute",
}


def made(version: str, kind: str, name: str, namespace: str | None, **rest: Any) -> dict[str, Any]:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata} | rest


def endpoints(service: dict[str, Any], port: int) -> dict[str, Any]:
    """What the cluster would make of a service whose one pod listens on a port of this machine."""
    name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
    slice_ = made(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        name,
        namespace,
        addressType="IPv4",
        endpoints=[{"addresses": ["127.0.0.1"], "conditions": {"ready": True, "serving": True}}],
        ports=[{"name": service["spec"]["ports"][0]["name"], "port": port, "protocol": "TCP"}],
    )
    slice_["metadata"]["labels"] = {"kubernetes.io/service-name": name}
    return slice_


def cluster(manifests: Path, listener: int, ports: dict[str, int]) -> list[dict[str, Any]]:
    objects: list[dict[str, Any]] = list(yaml.safe_load_all(manifests.read_text()))
    for service in [each for each in objects if each["kind"] == "Service"]:
        # As the cluster fills them in.
        service["spec"] |= {"type": "ClusterIP", "clusterIP": "10.0.0.1"}
        for port in service["spec"]["ports"]:
            port["protocol"] = "TCP"
        if port := ports.get(service["metadata"]["name"]):
            objects.append(endpoints(service, port))
    controller = {"controllerName": "traefik.io/gateway-controller"}
    routes = {"namespaces": {"from": "All"}}
    listeners = [
        {"name": "http", "protocol": "HTTP", "port": listener, "allowedRoutes": routes},
    ]
    spec = {"gatewayClassName": "traefik", "listeners": listeners}
    objects += [
        made("v1", "Namespace", "gateway", None),
        made(GATEWAY_API, "GatewayClass", "traefik", None, spec=controller),
        made(GATEWAY_API, "Gateway", "gateway", "gateway", spec=spec),
    ]
    for number, each in enumerate(objects):
        each["metadata"] |= {"uid": f"uid-{number}", "resourceVersion": "1", "generation": 1}
    return objects


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status: int, value: dict[str, Any]) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def refuse(self, status: int, reason: str) -> None:
        self.answer(
            status,
            {
                "apiVersion": "v1",
                "kind": "Status",
                "status": "Failure",
                "reason": reason,
                "code": status,
            },
        )

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        asked = parse_qs(target.query)
        _, *version, plural = target.path.strip("/").split("/")
        if target.path == "/version":
            self.answer(200, {"major": "1", "minor": "37", "gitVersion": "v1.37.0"})
        elif plural not in KINDS:
            self.refuse(404, "NotFound")
        elif "sendInitialEvents" in asked:
            # A list that comes by way of a watch: clients ask for it in the old way then.
            self.refuse(422, "Invalid")
        elif asked.get("watch") == ["true"]:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.flush()
            threading.Event().wait()
        else:
            kind, group = KINDS[plural], "/".join(version)
            found = [o for o in objects if (o["kind"], o["apiVersion"]) == (kind, group)]
            metadata = {"resourceVersion": "1"}
            self.answer(
                200,
                {"apiVersion": group, "kind": f"{kind}List", "metadata": metadata, "items": found},
            )

    def do_PUT(self) -> None:
        self.answer(200, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def log_message(self, *_: object) -> None:
        pass


api, manifests, listener, *services = sys.argv[1:]
named = dict(service.split("=") for service in services)
objects = cluster(Path(manifests), int(listener), {name: int(port) for name, port in named.items()})
ThreadingHTTPServer(("127.0.0.1", int(api)), Api).serve_forever()
