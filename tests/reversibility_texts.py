"""Manifests before and after, as a user writes them, with the class of the way between."""

from __future__ import annotations

from attrs import field, frozen

from brokkr_core.apply import Reversibility

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {}, namespace: default}}\ndata: {{a: '1'}}\n"
CLAIM = (
    "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: one, namespace: default}}\n"
    "spec: {{storageClassName: fast, accessModes: [ReadWriteOnce], resources: {{requests: {{storage: {}}}}}}}\n"
)
JOB = (
    "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: one, namespace: default}}\n"
    "spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: one, image: 'one:{}'}}]}}}}}}\n"
)
POD_SET = (
    "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: one, namespace: default}}\n"
    "spec:\n  replicas: {}\n  serviceName: one\n  selector: {{matchLabels: {{app: one}}}}\n"
    "  template: {{metadata: {{labels: {{app: one}}}}, spec: {{containers: [{{name: one, image: 'one:{}'}}]}}}}\n"
    "  volumeClaimTemplates:\n  - metadata: {{name: data}}\n"
    "    spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}\n"
)
DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: one, namespace: default}}\n"
    "spec:\n  selector: {{matchLabels: {{app: one}}}}\n{}"
    "  template: {{metadata: {{labels: {{app: one}}}}, spec: {{containers: [{{name: one, image: one}}]}}}}\n"
)
BUDGET = (
    "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: one, namespace: default}}\n"
    "spec: {{minAvailable: 1, selector: {{matchLabels: {{app: {}}}}}}}\n"
)
CRON = (
    "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: one, namespace: default}}\nspec:\n  schedule: '{}'\n"
    "  jobTemplate: {{spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: a, image: a}}]}}}}}}}}\n"
)
VOLUME = (
    "apiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: one}}\n"
    "spec: {{accessModes: [ReadWriteOnce], capacity: {{storage: 1Gi}}, hostPath: {{path: /data}}{}}}\n"
)
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {{name: lab, labels: {{tier: '{}'}}}}\n"


def service(*spec: str) -> str:
    parts = ", ".join(["ports: [{port: 80, name: http}]", *spec])
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: one, namespace: default}}\nspec: {{{parts}}}\n"


def definition(*versions: str, more: str = "") -> str:
    names = "{plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}"
    return (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        "metadata: {name: widgets.example.com}\n"
        f"spec: {{group: example.com, scope: Namespaced, names: {names}, versions: [{', '.join(versions)}]{more}}}\n"
    )


def version(name: str, *fields: str, storage: bool = True) -> str:
    shape = f"{{type: object, properties: {{spec: {{type: object, properties: {{{', '.join(fields)}}}}}}}}}"
    return f"{{name: {name}, served: true, storage: {str(storage).lower()}, schema: {{openAPIV3Schema: {shape}}}}}"


@frozen(kw_only=True)
class Text:
    """A way from one text to another; the first is empty where nothing stands."""

    name: str
    before: str = field(default="", repr=False)
    after: str = field(repr=False)
    reversibility: Reversibility = Reversibility.EXACT


def way(name: str, before: str, after: str, reversibility: Reversibility = Reversibility.EXACT) -> Text:
    return Text(name=name, before=before, after=after, reversibility=reversibility)


_VALUE, _IDENTITY, _NEVER = Reversibility.VALUE_ONLY, Reversibility.IDENTITY_LOSS, Reversibility.IRREVERSIBLE
_ROLLING, _RECREATE = "  strategy: {type: RollingUpdate}\n", "  strategy: {type: Recreate}\n"
_A, _B = "a: {type: string}", "b: {type: string}"

EXACT = (
    way("Recreate to RollingUpdate", DEPLOYMENT.format(_RECREATE), DEPLOYMENT.format(_ROLLING)),
    way("a field that goes back to its default", DEPLOYMENT.format("  replicas: 3\n"), DEPLOYMENT.format("")),
    way("a finalizer on what exists", CONFIG.format("one"), CONFIG.format("one, finalizers: [example.com/a]")),
    way("a selector of a Service", service("selector: {a: b}"), service("selector: {a: c}")),
    way("ClusterIP to NodePort", service(), service("type: NodePort")),
    way("ClusterIP to LoadBalancer", service(), service("type: LoadBalancer, loadBalancerClass: a.example.com/b")),
    way("ExternalName to ClusterIP", service("type: ExternalName, externalName: a.example.com"), service()),
    way("a selector of a budget", BUDGET.format("one"), BUDGET.format("two")),
    way("a new claim", "", CLAIM.format("1Gi")),
    way("a new volume that is kept", "", VOLUME.format("")),
    way("a new Namespace", "", NAMESPACE.format("1")),
    way("a label of a Namespace", NAMESPACE.format("1"), NAMESPACE.format("2")),
    way("a new kind", "", definition(version("v1", _A))),
    way("a field more", definition(version("v1", _A)), definition(version("v1", _A, _B))),
    way("a version more", definition(version("v1")), definition(version("v1"), version("v2", storage=False))),
    way("a sealed ConfigMap, new", "", CONFIG.format("one") + "immutable: true\n"),
    way("a suspended CronJob, new", "", CRON.format("0 0 * * *") + "  suspend: true\n"),
    way(
        "a Job that may run again, new",
        "",
        JOB.format("1").replace("one,", "one, annotations: {brokkr.io/idempotent: 'true'},", 1),
    ),
)

CASES = (
    way("sealed", CONFIG.format("one"), CONFIG.format("one") + "immutable: true\n", _IDENTITY),
    way("created-finalizer", "", CONFIG.format("one, finalizers: [example.com/held]"), _NEVER),
    way("to ExternalName", service(), service("type: ExternalName, externalName: a.example.com"), _IDENTITY),
    way("from NodePort", service("type: NodePort"), service("type: ClusterIP"), _IDENTITY),
    way("from LoadBalancer", service("type: LoadBalancer"), service("type: ClusterIP"), _IDENTITY),
    way("to headless", service(), service("clusterIP: None"), _IDENTITY),
    way("claim-grown", CLAIM.format("1Gi"), CLAIM.format("2Gi"), _NEVER),
    way("volume-claim", VOLUME.format(""), VOLUME.format(", claimRef: {name: one, namespace: default}"), _NEVER),
    way("volume-deletes", "", VOLUME.format(", persistentVolumeReclaimPolicy: Delete"), _NEVER),
    way("runs", "", JOB.format("1"), _NEVER),
    way("runs-again", JOB.format("1"), JOB.format("2"), _NEVER),
    way("claim templates", POD_SET.format("1", "1"), POD_SET.format("1", "1").replace("1Gi", "2Gi"), _IDENTITY),
    way(
        "definition-new-storage",
        definition(version("v1")),
        definition(version("v1", storage=False), version("v2")),
        _NEVER,
    ),
    way("definition-dropped", definition(version("v1", _A, _B)), definition(version("v1", _A)), _NEVER),
)
