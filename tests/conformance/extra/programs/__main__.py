"""More programs, one function each; KIT_PROGRAM picks one."""
import os

import pulumi
from kit import Box, Thing
from pulumi import ResourceOptions as Opts


class Kit(pulumi.ProviderResource):
    def __init__(self, name, opts=None, **props):
        super().__init__("kit", name, props, opts)


class Home(pulumi.ComponentResource):
    def __init__(self, name="home", opts=None, props=None, kind="kit:index:Home"):
        super().__init__(kind, name, props or {}, opts)


def dbr(force="x", last=True):
    a = Thing("a", force=force, opts=Opts(delete_before_replace=True))
    b = Thing("b", force=a.computed)
    c = Thing("c", link=b.computed, opts=Opts(depends_on=[a]))
    if last:
        Thing("d", link=c.computed)


def dbr_changed():
    dbr("y")


def dbr_boom():
    a = Thing("a", force="y", boom=True, opts=Opts(delete_before_replace=True))
    b = Thing("b", force=a.computed)
    Thing("c", link=b.computed, opts=Opts(depends_on=[a]))


def dbr_gone():
    Thing("c", value="alone")


def dbr_protected():
    a = Thing("a", force="x", opts=Opts(delete_before_replace=True))
    Thing("b", force=a.computed, opts=Opts(protect=True))


def dbr_protected_changed():
    a = Thing("a", force="y", opts=Opts(delete_before_replace=True))
    Thing("b", force=a.computed, opts=Opts(protect=True))


def cbd_off():
    Thing("b", link=Thing("a", force="x").computed)


def cbd_boom():
    Thing("b", link=Thing("a", force="y", boom=True).computed)


def cbd_done():
    Thing("b", link=Thing("a", force="y").computed)


def deleted_with():
    a = Thing("a", value="one")
    Thing("b", value="two", opts=Opts(deleted_with=a))
    Thing("c", value="three", opts=Opts(deleted_with=a, retain_on_delete=True))


def deleted_with_gone():
    Thing("z", value="only")


def deleted_with_replaced():
    a = Thing("a", value="one", force="n", opts=Opts(delete_before_replace=True))
    Thing("b", value="two", opts=Opts(deleted_with=a))
    Thing("c", value="three", opts=Opts(deleted_with=a, retain_on_delete=True))


def replace_on(value="one", tags=None):
    Thing("a", value=value, opts=Opts(replace_on_changes=["value"]))
    Thing("b", tags=tags or {"env": "dev"}, value=value, opts=Opts(replace_on_changes=["tags"]))
    Thing("c", value=value, opts=Opts(replace_on_changes=["*"]))


def replace_on_changed():
    replace_on("two", {"env": "prod"})


def replace_with(force="x"):
    a = Thing("a", force=force)
    Thing("b", value="two", opts=Opts(replace_with=[a]))


def replace_with_changed():
    replace_with("y")


def trigger(value="x"):
    Thing("a", value="one", opts=Opts(replacement_trigger=value))


def trigger_changed():
    trigger("y")


def protect_replace(force="x"):
    Thing("a", force=force, opts=Opts(protect=True))


def protect_replace_changed():
    protect_replace("y")


def retain_replace(force="x"):
    Thing("a", force=force, opts=Opts(retain_on_delete=True))


def retain_replace_changed():
    retain_replace("y")


def ignore_nested(deep="1", first="a", other="x", extra=None):
    props = {"nested": {"deep": deep, "also": other}, "list": [first, "b"], "other": other, **(extra or {})}
    Thing("a", **props, opts=Opts(ignore_changes=["nested.deep", "list[0]", "missing", "extra"]))
    Thing("all", **props, opts=Opts(ignore_changes=["*"]))
    Thing("hidden", nested={"deep": pulumi.Output.secret(deep)}, opts=Opts(ignore_changes=["nested.deep"]))


def ignore_nested_changed():
    ignore_nested("2", "z", "y", {"extra": "new"})


def providers(endpoint="here", moved=False, second=False):
    special = Kit("special", endpoint=endpoint)
    Thing("a", value="one", opts=Opts(provider=special) if moved else None)
    home = Home(opts=Opts(providers=[special]))
    inner = Home("inner", Opts(parent=home))
    Thing("b", value="two", opts=Opts(parent=inner))
    Thing("v", value="versioned", opts=Opts(version="1.2.3"))
    if second:
        Thing("c", value="three", opts=Opts(parent=inner, provider=Kit("second", opts=Opts(parent=home))))


def providers_moved():
    providers("there", True, True)


def provider_gone():
    Thing("a", value="one")


def provider_from_resource(value="one"):
    a = Thing("a", value=value)
    special = Kit("special", endpoint=a.computed)
    b = Thing("b", value="two", opts=Opts(provider=special))
    pulumi.runtime.invoke_output("kit:index:echo", {"word": "w"}, pulumi.InvokeOutputOptions(provider=special))
    pulumi.export("b", b.computed)


def provider_renamed_before():
    Thing("a", value="one", opts=Opts(provider=Kit("old", endpoint="e")))


def provider_renamed_after():
    Thing("a", value="one", opts=Opts(provider=Kit("new", endpoint="e", opts=Opts(aliases=[pulumi.Alias(name="old")]))))


def component_renamed(name="old", kind="kit:index:Home", aliases=None):
    home = Home(name, Opts(aliases=aliases), kind=kind)
    inner = Home(f"{name}-inner", Opts(parent=home))
    a = Thing(f"{name}-thing", value="one", opts=Opts(parent=inner))
    Thing("fixed", link=a.computed, opts=Opts(parent=home))
    Thing("outside", link=a.computed, opts=Opts(depends_on=[home]))
    home.register_outputs({"a": a.computed})


def component_renamed_after():
    component_renamed("new", aliases=[pulumi.Alias(name="old")])


def component_retyped():
    component_renamed("old", "kit:index:House", [pulumi.Alias(type_="kit:index:Home")])


def alias_urn():
    Thing("new", value="two", opts=Opts(aliases=["urn:pulumi:dev::conformance::kit:index:Thing::a", pulumi.Alias(name="nothing")]))


def alias_base():
    b = Thing("a", value="one")
    Thing("user", link=b.computed)


def alias_used():
    b = Thing("new", value="one", opts=Opts(aliases=[pulumi.Alias(name="a")]))
    Thing("user", link=b.computed)


def alias_replaced():
    b = Thing("new", value="one", force="f", opts=Opts(aliases=[pulumi.Alias(name="a")]))
    Thing("user", link=b.computed)


def alias_clash():
    a = Thing("a", value="one")
    Thing("new", value="one", opts=Opts(aliases=[pulumi.Alias(name="a")], depends_on=[a]))


def alias_clash_after():
    a = Thing("new", value="one", opts=Opts(aliases=[pulumi.Alias(name="a")]))
    Thing("a", value="one", opts=Opts(depends_on=[a]))


def parents(protect=None):
    home = Home(opts=Opts(protect=protect, retain_on_delete=True))
    a = Thing("a", value="one", opts=Opts(parent=home))
    b = Thing("b", value="two", opts=Opts(parent=a, protect=False))
    Thing("c", link=b.computed, opts=Opts(parent=b))
    Thing("d", value="after", opts=Opts(depends_on=[home]))


def parents_protected():
    parents(True)


def parents_gone():
    Thing("d", value="after")


def values():
    Thing("a", none=None, empty=[], nothing={}, real=1.5, whole=7, yes=True, no=False, text="", deep=[{"x": [1, None, "y"]}], under_score=1)
    pulumi.export("none", None)
    pulumi.export("list", [1, 2.5, "three", {"four": None}])


def values_changed():
    Thing("a", empty=["now"], nothing={"k": 1}, real=2, whole=8, yes=False, deep=[{"x": [1, "z"]}])
    pulumi.export("list", [])


def references():
    a = Thing("a", value="one")
    Thing("b", thing=a, things=[a, a.id, a.urn])
    home = Home("home")
    Thing("c", home=home)
    pulumi.export("a", a)
    pulumi.export("home", home)


def assets(text="hello"):
    Thing("a", text=pulumi.StringAsset(text), file=pulumi.FileAsset("./Pulumi.yaml"))


def assets_changed():
    assets("goodbye")


def secrets_flow(value="s1"):
    a = Thing("a", password=pulumi.Output.secret(value), plain="p", list=["x", pulumi.Output.secret("in-list")])
    b = Thing("b", copy=a.__dict__["password"] if "password" in a.__dict__ else None, joined=pulumi.Output.concat("<", pulumi.Output.secret("j"), ">"))
    config = pulumi.Config()
    Thing("c", token=config.require_secret("token"), size=config.require_int("size"), names=config.require_object("names"), opts=Opts(additional_secret_outputs=["computed", "size"]))
    pulumi.export("b", b.computed)
    pulumi.export("open", pulumi.Output.unsecret(pulumi.Output.secret("was")))
    pulumi.export("nested", {"deep": pulumi.Output.secret({"x": 1})})


def secrets_flow_changed():
    secrets_flow("s2")


def unknowns():
    a = Thing("a", value="one")
    Thing("b", list=["x", a.computed], map={"k": a.id, "u": a.urn}, text=a.computed.apply(lambda v: f"<{v}>"), opts=Opts(depends_on=a))
    Thing("c", both=pulumi.Output.all(a.computed, pulumi.Output.secret("s")).apply(lambda p: p[0] + p[1]))
    pulumi.export("a", pulumi.Output.all(a.id, a.urn))


def read_then_own():
    a = Thing.get("a", "seen-42") if hasattr(Thing, "get") else Thing("a", value="v", opts=Opts(id="seen-42"))
    pulumi.export("a", a.computed)


def own():
    a = Thing("a", value="v")
    pulumi.export("a", a.computed)


def read_other():
    Thing("a", value="v", opts=Opts(id="other-7"))


def read_ghost():
    Thing("a", ghost=True, opts=Opts(id="seen-42"))


def read_linked():
    base = Thing("base", value="one")
    seen = Thing("seen", value="v", opts=Opts(id=base.id, depends_on=[base]))
    Thing("user", link=seen.computed)


def adopt_drifted():
    Thing("a", value="two", other="x", opts=Opts(import_="a-known", ignore_changes=["other"]))


def adopt_over():
    Thing("a", value="v", opts=Opts(import_="b-known"))


def adopt_replaced():
    Thing("a", value="v", force="f", opts=Opts(import_="b-known"))


def invoke_fails():
    pulumi.runtime.invoke("kit:index:fail", {"word": "x"})


def invokes_more():
    a = Thing("a", value="one")
    said = pulumi.runtime.invoke_output("kit:index:echo", {"word": pulumi.Output.secret("hush"), "list": [1, {"x": None}]})
    later = pulumi.runtime.invoke_output("kit:index:echo", {"word": "plain"}, pulumi.InvokeOutputOptions(depends_on=[a]))
    Thing("b", said=said, later=later.apply(lambda r: r["word"]))


def chain3(end="c"):
    a = Thing("a", value="one")
    b = Thing("b", link=a.computed)
    Thing("c", link=b.computed, opts=Opts(depends_on=[a]))
    Thing("apart", value=end)


def chain3_cut():
    Thing("b", link="c-literal")
    Thing("c", value="free")


def ghosts():
    a = Thing("a", value="one", ghost=True)
    home = Home()
    b = Thing("b", link=a.computed, opts=Opts(depends_on=[a], parent=home))
    Thing("c", link=b.computed, opts=Opts(parent=a, deleted_with=a))


def raises_later():
    Thing("a", value="one")
    pulumi.export("kept", "new")
    raise pulumi.RunError("no further")


def exports():
    Thing("a", value="one")
    Thing("b", value="two")
    pulumi.export("kept", "old")
    pulumi.export("other", "old")


def raises_in_apply():
    a = Thing("a", value="one")
    a.computed.apply(lambda v: 1 / 0)
    Thing("b", link=a.computed)


def odd_names():
    Thing("a::b c/d$e", value="one")
    Home("häuser")
    Thing("x" * 120, value="é")


def timeouts():
    Thing("a", value="one", opts=Opts(custom_timeouts=pulumi.CustomTimeouts(create="1h30m", update="5s", delete="250ms")))


def wide():
    base = Thing("base", value="0")
    things = [Thing(f"t{i}", link=base.computed) for i in range(8)]
    Thing("last", links=[t.computed for t in things])


def transformed():
    def more(args):
        if args.type_ == "kit:index:Thing":
            return pulumi.ResourceTransformationResult({**args.props, "added": "yes"}, args.opts)
    home = Home(opts=Opts(transformations=[more]))
    Thing("a", value="one", opts=Opts(parent=home))


def redder():
    Home("fine")
    Thing("a", color="red", opts=Opts(provider=Kit("special")))


def green_then(color="green"):
    Thing("a", color=color)


def then_red():
    green_then("red")


def policy_many_first():
    for i in range(3):
        Thing(f"t{i}", value=str(i))


def component_inputs(value="one"):
    home = Home("home", props={"size": value})
    home.register_outputs({"out": pulumi.Output.secret(value)})
    Home("bare")


def component_inputs_changed():
    component_inputs("two")


def custom_to_component_before():
    Thing("a", value="one", opts=Opts(delete_before_replace=True))


def logs():
    pulumi.log.info("hello")
    pulumi.log.warn("careful")
    pulumi.log.error("only said")
    Thing("a", value="one")


def six():
    a = Thing("a", value="one", slow=0.05)
    b = Thing("b", link=a.computed, slow=0.05)
    home = Home()
    c = Thing("c", link=b.computed, slow=0.05, opts=Opts(parent=home))
    d = Thing("d", link=c.computed, slow=0.05)
    e = Thing("e", link=d.computed, slow=0.05, opts=Opts(depends_on=[home]))
    f = Thing("f", link=e.computed, slow=0.05, password=pulumi.Output.secret("hunter2"))
    pulumi.export("f", f.computed)


def sleeps():
    Thing("a", value="one", slow=30)


def sleeps_itself():
    import time
    Thing("a", value="one")
    time.sleep(60)


def stack_transform():
    pulumi.runtime.register_resource_transform(lambda args: None)


def resource_transform():
    Thing("a", value="one", opts=Opts(transforms=[lambda args: None]))


def hooked():
    Thing("a", value="one", opts=Opts(hooks=pulumi.ResourceHookBinding(before_create=[lambda args: None])))


def stack_reference():
    pulumi.StackReference("organization/other/dev")


def archive():
    Thing("a", zip=pulumi.AssetArchive({"x": pulumi.StringAsset("y")}))


def unserved():
    class Other(pulumi.CustomResource):
        pass
    Other("other:index:Thing", "a", {})


def bad_import():
    import no_such_module  # noqa: F401


def tells_secrets():
    token = pulumi.Config().require("token")
    print("the token is", token)
    pulumi.log.warn(f"warned of {token}")
    Thing("a", password=pulumi.Output.secret("hunter2"), boom=True)
    raise ValueError(f"it was {token}")


def shows_secrets():
    token = pulumi.Config().require_secret("token")
    Thing("a", password=token, nested={"list": [pulumi.Output.secret("hunter2")]}, opts=Opts(additional_secret_outputs=["computed"]))
    pulumi.export("token", token)


def sixty():
    things = [Thing(f"t{i}", value=str(i)) for i in range(30)]
    for i, each in enumerate(things):
        Thing(f"u{i}", link=each.computed)


def nothing():
    pass


def parameterized(package="kitten"):
    """An explicit and a default provider of a package that parameterizes the plugin `terraform-provider`."""
    async def register():
        return await pulumi.runtime.register_package("terraform-provider", "0.5.0", "", package, "2.0.0", "e30=")

    class Own(pulumi.ProviderResource):
        def __init__(self, name):
            super().__init__(package, name, {"endpoint": "here"}, package_ref=register())

    class Served(pulumi.CustomResource):
        def __init__(self, name, opts=None):
            super().__init__(f"{package}:index:Thing", name, {"value": "v"}, opts, package_ref=register())

    Served("mine", Opts(provider=Own("own")))
    Served("plain")


def parameterized_installed():
    parameterized("aviatrix")


globals()[os.environ["KIT_PROGRAM"]]()
