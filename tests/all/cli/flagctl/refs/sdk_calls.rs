//! Calls of the SDKs of each language, in the style of their documentation.

use crate::support::program::printed;
use crate::support::program::run_flagctl;
use crate::support::temp_dir::TempDir;

/// The keys that `refs --list` finds in a file.
fn keys(name: &str, code: &str) -> Vec<String> {
    let directory = TempDir::new();
    directory.write("flags.yaml", "flags: {}");
    directory.write(name, code);
    let arguments = ["refs", name, "--flags", "flags.yaml", "--list"];
    let output = run_flagctl(directory.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let lines = printed(&output.stdout).lines();
    let keys = lines.map(|line| line.rsplit(": ").next().expect("a key").to_owned());
    keys.collect()
}

/// Checks that the keys in `code` are `k1`, `k2` and so on, each found once.
fn check(name: &str, count: usize, code: &str) {
    let want: Vec<String> = (1..=count).map(|n| format!("k{n}")).collect();
    assert_eq!(keys(name, code), want, "{name}");
}

#[test]
fn go_calls_are_found() {
    let code = r#"package main

func handler(w http.ResponseWriter, r *http.Request) {
	client := openfeature.NewDefaultClient()
	on, err := client.BooleanValue(r.Context(), "k1", false, openfeature.EvaluationContext{})
	details, _ := s.flags.ObjectValueDetails(ctx, `k2`, map[string]any{"a": 1}, evalCtx)
	if s.features.Boolean(ctx, "k3", true, openfeature.NewEvaluationContext("u", nil)) {
		limit := client.Int(c, "k4", 10, evalCtx, openfeature.WithHooks(hook))
		size := s.flags.Float(
			context.TODO(), // don't cancel
			"k5",
			1.5, evalCtx,
		)
	}
	detail := provider.BooleanEvaluation(ctx, "k6", false, flat)
	detail := p.IntEvaluation(context.Background(), "k7", 1, openfeature.FlattenedContext{})
	name := featureClient.String(c, "k8", "none", evalCtx)
	any := c.client.Object(ctx, "k9", nil, evalCtx)
	logger.Info("a", slog.String("name", "value"), zap.Int("n", 1))
	flag.String("listen", ":8080", "the address", "x")
}
"#;
    check("main.go", 9, code);
}

#[test]
fn java_and_kotlin_calls_are_found() {
    let java = r#"class A {
    boolean on = client.getBooleanValue("k1", false, new ImmutableContext("u"));
    FlagEvaluationDetails<Integer> limit = api.getClient().getIntegerDetails("k2", 1);
    Long big = client.getLongValue("k3", 1L, context, FlagEvaluationOptions.builder().build());
    ProviderEvaluation<Value> value = provider.getObjectEvaluation("k4", new Value(), context);
    ProviderEvaluation<Double> rate = delegate.getDoubleEvaluation(
            "k5", 1.0, context);
    String name = settings.getString("other");
}
"#;
    check("A.java", 5, java);
    let kotlin = r#"
val on = OpenFeatureAPI.getClient().getBooleanValue("k1", default = false)
val size = client.getLongDetails(key = "k2", defaultValue = 1L)
val value = provider.getStringEvaluation(defaultValue = "a", key = "k3", context = null)
val rate = client.getDoubleValue(
    key = "k4", // the rate
    defaultValue = 0.5,
)
val no = client.getBooleanValue("k-$region", false)
"#;
    check("A.kt", 4, kotlin);
}

#[test]
fn javascript_calls_are_found_on_server_and_web() {
    let code = r#"
const on = await client.getBooleanValue('k1', false, { targetingKey: user.id });
const { value } = await OpenFeature.getClient().getObjectDetails<Config>("k2", {});
const limit = webClient?.getNumberValue(`k3`, 1);
const resolution = await provider.resolveBooleanEvaluation('k4', false, context, logger);
return this.fallback.resolveObjectEvaluation<T>("k5", defaultValue, context, this.logger);
details$ = this.featureFlagService.getStringDetails('k6', 'a');
const no = client.getStringValue(`k-${name}`, '');
"#;
    check("a.ts", 6, code);
}

#[test]
fn react_hooks_and_components_are_found() {
    let code = r#"
const { value: show } = useFlag('k1', true, { updateOnContextChanged: false });
const { value } = useSuspenseFlag<string>("k2", "a");
const on = useBooleanFlagValue('k3', false);
const { reason } = useNumberFlagDetails("k4", 1);
const config = useObjectFlagValue<Config>("k5", {});
return (
  <>
    <FeatureFlag flagKey="k6" defaultValue={false} fallback={<Old note={"flagKey"} />}>
      <New />
    </FeatureFlag>
    <FeatureFlag
      {...props}
      matchValue={'a'}
      predicate={(expected, actual) => expected === actual.value}
      flagKey={'k7'}
      defaultValue="b"
    />
    <FeatureFlag flagKey={`k8`} defaultValue={0} matchValue={1}><New /></FeatureFlag>
    <FeatureFlag flagKey={KEY} defaultValue={false}><Flag flagKey="other" /></FeatureFlag>
    {useStringFlagValue("k9", "")}
  </>
);
"#;
    check("a.tsx", 9, code);
}

#[test]
fn angular_directives_and_nest_decorators_are_found() {
    let html = r#"
<div *booleanFeatureFlag="'k1'; default: true; else: old">New</div>
<div *numberFeatureFlag='"k2"; value: 1; default: 0; let value'>{{ value }}</div>
<ng-template [stringFeatureFlag]="'k3'" [stringFeatureFlagDefault]="'a'" [stringFeatureFlagValue]="'b'">
</ng-template>
<ng-template objectFeatureFlag="k4" [objectFeatureFlagDefault]="{}"></ng-template>
<div
  *booleanFeatureFlag="
    'k5';
    default: false
  "
></div>
<div *booleanFeatureFlag="flagKey; default: false">New</div>
"#;
    check("a.component.html", 5, html);
    let nest = r#"
import { BooleanFeatureFlag, RequireFlagsEnabled } from '@openfeature/nestjs-sdk';

@RequireFlagsEnabled({
  flags: [{ flagKey: 'k1' }, { flagKey: "k2", defaultValue: true }],
  exception: new ForbiddenException('no (access'),
})
export class AController {
  @Get('/flagKey')
  public async handle(
    @BooleanFeatureFlag({ flagKey: 'k3', defaultValue: false })
    feature: Observable<EvaluationDetails<boolean>>,
    @ObjectFeatureFlag({ defaultValue: {}, flagKey: `k4` }) config: unknown,
    @StringFeatureFlag({ domain: 'd', flagKey: KEY, defaultValue: 'a' }) name: unknown,
  ) {
    return this.client.getBooleanValue('k5', false);
  }
}
@Component({ template: `<b *stringFeatureFlag="'k6'; default: 'a'">x</b>` })
"#;
    check("a.controller.ts", 6, nest);
}

#[test]
fn python_calls_are_found() {
    let code = r#"
on = client.get_boolean_value("k1", False, context)
details = await client.get_object_details_async(flag_key='k2', default_value={})
limit = api.get_client().get_integer_value(
    # the user's limit
    "k3",
    10,
)
resolution = provider.resolve_float_details("k4", 1.0, context)
resolution = await self.provider.resolve_string_details_async(default_value="a", flag_key="k5")
name = client.get_string_value(KEY, "default")
name = await client.get_string_value_async("k6", "a", EvaluationContext(attributes={"a": [1]}))
name = client.get_string_value(f"k-{name}", "a")
ratio = client.get_float_value("k7", total // count)
"#;
    check("a.py", 7, code);
}

#[test]
fn dotnet_and_cpp_calls_are_found() {
    let dotnet = r#"
var on = await client.GetBooleanValueAsync("k1", false, context);
var details = await _client.GetObjectDetailsAsync(flagKey: @"k2", defaultValue: new Value());
var old = await client.GetDoubleValue("k3", 1.0);
var resolution = await provider.ResolveStructureValueAsync("k4", new Value(), context, token);
return await this._inner.ResolveIntegerValueAsync("k5", 1);
var no = await client.GetStringValueAsync($"k{n}", "");
"#;
    check("A.cs", 5, dotnet);
    let cpp = r#"
bool on = client->GetBooleanValue("k1", false);
auto limit = client.GetIntegerValue("k2", 1, context, options);
auto rate = provider->GetDoubleEvaluation("k3", 1.0, context);
auto name = client->GetStringValue(/* key */ "k4", std::string{"a"});
"#;
    check("a.cpp", 4, cpp);
}

#[test]
fn php_calls_are_found() {
    let code = r#"<?php
$on = $client->getBooleanValue('k1', false, $context);
$details = $this->client?->getFloatDetails(flagKey: "k2", defaultValue: 1.0);
$value = $api->getClient()->getObjectValue(
    'k3', # the theme
    ['a' => 1],
);
$resolution = $provider->resolveIntegerValue('k4', 1, $context);
$resolution = $this->provider->resolveObjectValue("k5", []);
$no = $client->getStringValue("k-$name", '');
"#;
    check("a.php", 5, code);
}

#[test]
fn ruby_and_elixir_calls_are_found() {
    let ruby = r#"
on = client.fetch_boolean_value(flag_key: 'k1', default_value: false)
limit = OpenFeature::SDK.build_client.fetch_integer_value(default_value: 1, flag_key: "k2")
details = client.fetch_object_details flag_key: "k3", default_value: {}
resolution = provider.fetch_number_value(
  # the rate
  flag_key: "k4",
  default_value: 1.5,
)
return old unless client.fetch_boolean_value flag_key: "k5",
                                             default_value: false
name = client.fetch_string_value(default_value: "a", flag_key: "k6")
no = client.fetch_string_value(flag_key: "k-#{name}", default_value: "")
def fetch_boolean_value(flag_key:, default_value:, evaluation_context: nil)
end
"#;
    check("a.rb", 6, ruby);
    let elixir = r#"
on = OpenFeature.Client.get_boolean_value(client, "k1", false)
details = Client.get_map_details(client, "k2", %{}, context: %{region: "us"})
limit = client |> Client.get_number_value("k3", 1)
name = Client.get_string_value client, "k4", "default"
{:ok, resolution} = Provider.resolve_string_value(provider, "k5", "a", %{})
on = get_boolean_value(client(), "k6", true)
no = Client.get_string_value(client, "k-#{name}", "a")
def get_boolean_value(client, key, default, opts \\ [])
"#;
    check("a.ex", 6, elixir);
}

#[test]
fn rust_calls_are_found() {
    let code = r##"
let on = client.get_bool_value("k1", None, None).await.unwrap_or(false);
let limit = client.get_int_details("k2", Some(&context), None).await?;
let theme: Theme = client.get_struct_value::<Theme>(r#"k3"#, None, None).await?;
let resolution = provider.resolve_int_value("k4", &context).await?;
let resolution = self.inner.resolve_struct_value("k5", &EvaluationContext::default()).await;
let name = client
    .get_string_value("k6", None, None)
    .await;
let rate = provider.resolve_float_value("k7", &context).await?;
let no = client.get_string_value(&format!("k-{name}"), None, None).await;
async fn resolve_bool_value(&self, flag_key: &str, context: &EvaluationContext) {}
"##;
    check("a.rs", 7, code);
}

#[test]
fn swift_and_dart_calls_are_found() {
    let swift = r#"
let on = client.getBooleanValue(key: "k1", defaultValue: false)
let details: FlagEvaluationDetails<Int64> = client.getIntegerDetails(key: "k2", defaultValue: 1, options: options)
let name: String = OpenFeatureAPI.shared.getClient().getValue(key: "k3", defaultValue: "a")
let theme = client.getDetails(key: "k4", defaultValue: Value.null)
let result = try provider.getDoubleEvaluation(key: "k5", defaultValue: 1.0, context: nil)
let other = structure.getValue(key: "other")
let no = client.getStringValue(key: "k-\(name)", defaultValue: "")
"#;
    check("a.swift", 5, swift);
    let dart = r#"
final on = await client.getBooleanFlag('k1', defaultValue: false, context: context);
final details = await client.getStringDetails("k2", defaultValue: 'a');
final limit = await provider.getIntegerFlag('k3', 1);
final theme = await client.getObjectFlag(
  'k4',
  defaultValue: {},
);
final old = await api.evaluateBooleanFlag('k5', 'client');
final no = await client.getStringFlag('k-$name');
"#;
    check("a.dart", 5, dart);
}

/// Names that mean a flag in one language are ordinary calls in another one.
#[test]
fn calls_of_other_languages_are_not_references() {
    for (name, code) in [
        (
            "a.ts",
            "const on = api.getBooleanFlag('other', 1); format.String(ctx, 'other', 1, 2);",
        ),
        (
            "a.py",
            "name = client.get_string_value(KEY, \"other\")\nx = get_map_value('other', 1)\n",
        ),
        (
            "a.java",
            "Value v = map.getValue(\"other\"); String s = Values.IntValue(a, \"other\");",
        ),
        (
            "a.go",
            "slog.String(\"a\", \"b\")\nflag.String(\"a\", \"b\", \"c\")\nx.Int(a, \"b\", 1, 2)\n",
        ),
        ("a.vue", "<b booleanFeatureFlag=\"other\"></b>"),
    ] {
        assert_eq!(keys(name, code), [""; 0], "{name}");
    }
}
