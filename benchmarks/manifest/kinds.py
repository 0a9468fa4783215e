"""Generated documents of every kind, as Helm charts and controllers write them."""

from __future__ import annotations

import base64
import random

WORDS = tuple(
    """
    api auth backend batch billing cache cart catalog checkout config controller cron data edge event export
    feature frontend gateway graph grid health index ingest job ledger log mail main mesh metric node order
    payment pipeline policy pool portal price proxy queue quota report route runner scheduler search secure
    session shard shop signal stock storage stream sync task tenant token trace user vault web worker zone
    """.split()  # noqa: SIM905 - one word a line would be a page
)

HEAD = """\
---
apiVersion: {api_version}
kind: {kind}
metadata:
  name: {name}
  namespace: {namespace}
  labels:
    app.kubernetes.io/name: {app}
    app.kubernetes.io/instance: {name}
    app.kubernetes.io/managed-by: Helm
    helm.sh/chart: "{app}-{major}.2.0"
"""

SERVICE = """\
spec:
  type: ClusterIP
  ports:
{ports}  selector:
    app.kubernetes.io/instance: {name}
"""

DEPLOYMENT = """\
spec:
  replicas: {replicas}
  revisionHistoryLimit: 3
  selector:
    matchLabels:{anchor}
      app.kubernetes.io/instance: {name}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 25%
      maxUnavailable: 0
  template:
    metadata:
      labels:{labels}
    spec:
      serviceAccountName: {name}
      securityContext:
        runAsNonRoot: true
        fsGroup: 1000
      containers:
{containers}      volumes:
      - name: config
        configMap:
          name: {name}
"""

CONTAINER = """\
      - {first}
        image: registry.example.com/{repository}:{version}
        imagePullPolicy: IfNotPresent
        args:
        - --port=8080
        - --verbose={verbosity}
        env:
{environment}        ports:
        - containerPort: 8080
          name: http
          protocol: TCP
        resources:
          requests:
            cpu: {cpu}m
            memory: {memory}Mi
          limits:
            memory: 1Gi
        readinessProbe:
          httpGet:
            path: /healthz
            port: http
          initialDelaySeconds: {delay}
          periodSeconds: 10
        volumeMounts:
        - mountPath: /etc/{mount}
          name: config
          readOnly: true
"""

MERGED_CONTAINER = """\
      - <<: *base
        name: extra-{number}
        image: registry.example.com/{repository}:{version}
"""

RESOURCE_DEFINITION = """\
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: {lower}s.example.com
  annotations:
    controller-gen.kubebuilder.io/version: v0.16.5
spec:
  group: example.com
  names:
    kind: {kind}
    listKind: {kind}List
    plural: {lower}s
    singular: {lower}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    subresources:
      status: {{}}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
"""

PORTS = (("http", 80), ("metrics", 9090), ("grpc", 50051))


class Kinds:
    """Makes documents from one random source."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._number = 0

    def word(self) -> str:
        """Return one word."""
        return self.random.choice(WORDS)

    def words(self, count: int) -> str:
        """Return some words with blanks between them."""
        return " ".join(self.random.choices(WORDS, k=count))

    def name(self) -> str:
        """Return a name not used before."""
        self._number += 1
        return f"{self.word()}-{self.word()}-{self._number}"

    def head(self, api_version: str, kind: str, name: str) -> str:
        """Return everything above the spec."""
        return HEAD.format(
            api_version=api_version,
            kind=kind,
            name=name,
            namespace=self.word(),
            app=self.word(),
            major=self.random.randint(1, 9),
        )

    def config_map(self) -> str:
        """Make a ConfigMap with settings and often a block of configuration."""
        settings = "".join(
            f"  {self.word()}.{self.word()}.{number}: {self._setting()}\n"
            for number in range(self.random.randint(3, 15))
        )
        block = ""
        if self.random.random() < 0.6:
            lines = (self.words(self.random.randint(1, 6)) for _ in range(self.random.randint(5, 40)))
            block = "  application.yaml: |\n" + "".join(f"    {self.word()}.{self.word()}={line}\n" for line in lines)
        return self.head("v1", "ConfigMap", self.name()) + f"data:\n{settings}{block}"

    def _setting(self) -> str:
        number = self.random.randint(0, 10**6)
        return self.random.choice(
            [f'"{number}"', self.words(3), f'"{self.words(2)}"', '"true"', f"http://{self.word()}:8080/v1"]
        )

    def service(self) -> str:
        """Make a Service with one to three ports."""
        name = self.name()
        ports = "".join(
            f"  - name: {port}\n    port: {number}\n    protocol: TCP\n    targetPort: {port}\n"
            for port, number in self.random.sample(PORTS, k=self.random.randint(1, 3))
        )
        return self.head("v1", "Service", name) + SERVICE.format(ports=ports, name=name)

    def secret(self, length: int = 0) -> str:
        """Make a Secret with short base64 values, or with one of this many bytes."""
        sizes = [length] if length else [self.random.randint(8, 400) for _ in range(self.random.randint(1, 6))]
        data = "".join(
            f"  {self.word()}-{number}: {base64.b64encode(self.random.randbytes(size)).decode()}\n"
            for number, size in enumerate(sizes)
        )
        return self.head("v1", "Secret", self.name()) + f"type: Opaque\ndata:\n{data}"

    def deployment(self, *, anchors: bool | None = None) -> str:
        """Make a Deployment with one to three containers; one in twenty-five uses anchors unless said."""
        if anchors is None:
            anchors = self.random.random() < 0.04
        name = self.name()
        containers = "".join(self._container(number, anchors=anchors) for number in range(self.random.randint(1, 3)))
        return self.head("apps/v1", "Deployment", name) + DEPLOYMENT.format(
            replicas=self.random.randint(1, 9),
            anchor=" &labels" if anchors else "",
            labels=" *labels" if anchors else f"\n        app.kubernetes.io/instance: {name}",
            name=name,
            containers=containers,
        )

    def _container(self, number: int, *, anchors: bool) -> str:
        repository = f"{self.word()}/{self.word()}"
        version = ".".join(str(self.random.randint(0, 20)) for _ in range(3))
        if anchors and number:
            return MERGED_CONTAINER.format(number=number, repository=repository, version=version)
        environment = "".join(
            f'        - name: {self.word().upper()}_{index}\n          value: "{self.words(2)}"\n'
            for index in range(self.random.randint(1, 8))
        )
        return CONTAINER.format(
            first="&base\n        name: main" if anchors else f"name: c{number}",
            repository=repository,
            version=version,
            verbosity=self.random.randint(0, 5),
            environment=environment,
            cpu=self.random.choice([50, 100, 250]),
            memory=self.random.choice([64, 128, 512]),
            delay=self.random.randint(1, 30),
            mount=self.word(),
        )

    def resource_definition(self, size: int = 6_000) -> str:
        """Make a CustomResourceDefinition with a nested schema of about this many bytes."""
        self._number += 1
        kind = "".join(word.capitalize() for word in self.random.sample(WORDS, k=2)) + str(self._number)
        parts = [RESOURCE_DEFINITION.format(kind=kind, lower=kind.lower())]
        written = 0
        while written < size:
            depth = self.random.randint(0, 4)
            parts.append(self._property(f"{self.word()}{len(parts)}", 14, depth=depth))
            written += len(parts[-1])
        return "".join(parts)

    def _property(self, name: str, indent: int, *, depth: int) -> str:
        blank = " " * indent
        description = f"{blank}  description: {self.words(6).capitalize()}\n"
        if self.random.random() < 0.5:
            lines = "".join(f"{blank}    {self.words(10)}\n" for _ in range(self.random.randint(2, 5)))
            description = f"{blank}  description: |-\n{lines}"
        start = f"{blank}{name}:\n{description}"
        if depth == 0:
            kind = self.random.choice(["string", "integer", "boolean", f"string\n{blank}  format: date-time"])
            return f"{start}{blank}  type: {kind}\n"
        inner = "".join(
            self._property(f"{self.word()}{number}", indent + 4, depth=depth - 1)
            for number in range(self.random.randint(1, 3))
        )
        required = f"{blank}  required:\n{blank}  - {self.word()}\n" if self.random.random() < 0.4 else ""
        return f"{start}{blank}  properties:\n{inner}{required}{blank}  type: object\n"

    def flow_json(self) -> str:
        """Make a ConfigMap as JSON on one line."""
        data = ", ".join(f'"{self.name()}": "{self.words(4)}"' for _ in range(self.random.randint(5, 40)))
        metadata = f'{{"name": "{self.name()}"}}'
        return f'---\n{{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {metadata}, "data": {{{data}}}}}\n'

    def flow_yaml(self) -> str:
        """Make a ClusterRole with its rules in flow style."""
        rules = "".join(self._rule() for _ in range(self.random.randint(5, 30)))
        head = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n"
        return f"{head}metadata: {{name: {self.name()}}}\nrules:\n{rules}"

    def _rule(self) -> str:
        resources = ", ".join(self.random.sample(WORDS, k=4))
        return f"  - {{apiGroups: [{self.word()}.example.com], resources: [{resources}], verbs: [get, list, watch]}}\n"
