// How names are found in closures: each case gives a text. tests/api/test_script_names.py runs all of them as a script
// of a flow and as a script of plain Groovy, and compares.
import groovy.json.JsonBuilder
import groovy.json.StreamingJsonBuilder
import groovy.xml.MarkupBuilder
import groovy.xml.StreamingMarkupBuilder
import groovy.xml.XmlUtil

def xml(Closure content) {
    def w = new StringWriter()
    new MarkupBuilder(w).with { root(content) }
    w.toString().replaceAll(/\s+/, ' ')
}

class Noted {
    List seen = []
    def invokeMethod(String name, args) { seen << name + args.collect { it instanceof Closure ? '{}' : it }; args.each { if (it instanceof Closure) it() }; seen }
}

class Missed {
    def methodMissing(String name, args) { "missed $name ${args.toList()}".toString() }
    def known(int n) { "known $n".toString() }
    def propertyMissing(String name) { "property $name".toString() }
}

class Some {
    def invokeMethod(String name, args) {
        if (name.startsWith('a')) return 'some ' + name
        throw new MissingMethodException(name, Some, args)
    }
}

class Failing {
    def invokeMethod(String name, args) { throw new IllegalStateException('failing ' + name) }
}

class OtherMissing {
    def invokeMethod(String name, args) { throw new MissingMethodException('other', String, args) }
}

class Wrapped {
    def invokeMethod(String name, args) { throw new GroovyRuntimeException('wrapped', new MissingMethodException(name, Wrapped, args)) }
}

class WrappedOther {
    def invokeMethod(String name, args) { throw new GroovyRuntimeException('wrapped', new MissingMethodException('other', String, args)) }
}

class Holding {
    def xyz = { x -> 'held ' + x }
    def invokeMethod(String name, args) { throw new MissingMethodException(name, Holding, args) }
}

class Base {
    def text
    def inherited(x) { 'inherited ' + x }
    protected guarded(x) { 'guarded ' + x }
    def held = { x -> 'held ' + x }
    def build() {
        def w = new StringWriter()
        new MarkupBuilder(w).root { [1, 2].each { n -> item(n); inherited(n); entry { guarded(n); name(n) } } }
        w.toString().replaceAll(/\s+/, ' ')
    }
    def held() { def w = new StringWriter(); new MarkupBuilder(w).root { [1].each { w << held(it) } }; w.toString() }
    static st() { def w = new StringWriter(); new MarkupBuilder(w).root { [1].each { item(it); helper(it) } }; w.toString().replaceAll(/\s+/, ' ') }
    static helper(x) { 'static ' + x }
    static forName2(x) { 'x' }
}

class Sub extends Base {
    def inherited(x) { super.inherited(x) + ' of sub' }
    def call(x) { [x].collect { inherited(it) + held(it) } }
}

class MapLike extends HashMap {
    def run() { [1].collect { item(it) } }
}

class Interceptable implements GroovyInterceptable {
    List seen = []
    def invokeMethod(String name, args) { System.identityHashCode(this); this.@seen.add(name); metaClass.getMetaMethod(name, args)?.invoke(this, args) }
    def inner() { [1].each { element(it) } }
    def element(x) { 'element' }
}

class Category { static item(Object self, x) { 'category ' + x } ; static shout(String s) { s.toUpperCase() } }
class Properties { static getExtra(Script self) { 'of the category' } }

def order(x) { 'script ' + x }
def typed(String s) { 'string ' + s }
def typed(Integer s) { 'integer ' + s }
static fixed(x) { 'fixed ' + x }
def getProp() { { x -> 'property ' + x } }

def case01_nested() { xml { [1, 2].each { i -> item(number: i) { name('n' + i); list { [3, 4].each { part(it) } } } } } }
def case02_script_method() { def r = []; xml { [1].each { r << order(it); item(it) { r << order(2) } } } + r }
def case03_typed() { def r = []; def x = xml { [1, 'a', 2.5].each { try { r << typed(it) } catch (e) { r << e.class.name + e.message } } }; x + r }
def case04_static_method() { def r = []; xml { [1].each { r << fixed(it); item(it) } } + r }
def case05_binding() {
    binding.setVariable('item', { x -> 'bound ' + x })
    try { def r = []; return xml { [1].each { r << item(it); other(it) } } + r } finally { binding.variables.remove('item') }
}
def case06_binding_later() {
    def r = []
    def run = { -> xml { [1].each { r << item(it) } } }
    r << run(); binding.setVariable('item', { x -> 'bound ' + x }); r << run(); binding.variables.remove('item'); r << run(); binding.item = 'no closure'
    try { r << run() } finally { binding.variables.remove('item') }
    r.toString()
}
def case07_binding_swapped() {
    def old = binding
    try { setBinding(new Binding([:].withDefault { k -> { x -> "default $k $x" } })); def r = []; return [1].collect { element(it) }.toString() } finally { setBinding(old) }
}
def case08_property_method() { [1].collect { prop(it) }.toString() }
def case09_local_closure() { def item = { x -> 'local ' + x }; def r = []; xml { [1].each { r << item(it); other(it) } } + r }
def case10_use() { def r = []; xml { use(Category) { [1].each { r << item(it); r << 'a'.shout() } }; [2].each { item(it) } } + r }
def case11_use_outside() { def run = { -> def r = []; xml { [1].each { r << item(it) } } + r }; [run(), use(Category) { run() }, run()].toString() }
def case12_delegate_first() {
    def c = { -> [1].each { item(it) }; order(2); entry('x') { inner(3) } }
    def n = new Noted(); c.delegate = n; c.resolveStrategy = Closure.DELEGATE_FIRST; c(); n.seen.toString()
}
def case13_delegate_only() { def c = { -> item(1); order(2) }; def n = new Noted(); c.delegate = n; c.resolveStrategy = Closure.DELEGATE_ONLY; c(); n.seen.toString() }
def case14_owner_only() { def c = { -> order(1) + item(2) }; c.delegate = new Noted(); c.resolveStrategy = Closure.OWNER_ONLY; c() }
def case15_to_self() { def c = { -> order(1) }; c.delegate = new Noted(); c.resolveStrategy = Closure.TO_SELF; c() }
def case16_owner_first() { def c = { -> [order(1), item(2), [3].collect { order(it) }, [4].collect { item(it) }] }; c.delegate = new Noted(); c().toString() }
def case17_missed() { def c = { -> [known(1), unknown(2), [3].collect { known(it) }, [4].collect { unknown(it, 'b') }, something] }; c.delegate = new Missed(); c().toString() }
def case18_known_other_arguments() { def c = { -> known('x', 2) }; c.delegate = new Missed(); c() }
def case19_some() { def c = { -> [1].collect { abc(it) } }; c.delegate = new Some(); c().toString() }
def case20_some_not() { def c = { -> [1].collect { xyz(it) } }; c.delegate = new Some(); c() }
def case21_failing() { def c = { -> [1].collect { xyz(it) } }; c.delegate = new Failing(); c() }
def case22_other_missing() { def c = { -> [1].collect { xyz(it) } }; c.delegate = new OtherMissing(); c() }
def case23_wrapped() { def c = { -> [1].collect { xyz(it) } }; c.delegate = new Wrapped(); c() }
def case24_wrapped_then_other() { def c = { -> def d = { -> xyz(1) }; d.delegate = new Noted(); d() }; c.delegate = new Wrapped(); c().toString() }
def case25_some_then_other() { def c = { -> def d = { -> [xyz(1), abc(2)] }; d.delegate = new Noted(); d() }; c.delegate = new Some(); c().toString() }
def case26_nobody() { [1].collect { nobody(it) } }
def case27_nobody_nested() { [1].collect { [2].collect { nobody(it, 'a', null) } } }
def case28_nobody_dynamic() { def n = 'nobody'; [1].collect { "$n"(it) } }
def case29_dynamic() { def n = 'item'; def o = 'order'; def r = []; xml { [1, 2].each { "${n}x"(it); "$n"(a: it) { "x-${it}"() }; r << "$o"(it); 'soap:Body'('x') } } + r }
def case30_spread() { def l = [1, 'a']; def n = new Noted(); def c = { -> [1].each { item(*l); "x$it"(*l); item(*[], *l) } }; c.delegate = n; c(); n.seen.toString() }
def case31_many_arguments() { def n = new Noted(); def c = { -> [1].each { item(); item(1, 2); item(1, 2, 3); item(1, 2, 3, 4); item(1, 2, 3, 4, 5); item(null); item((String) null); item([1] as Object[]) } }; c.delegate = n; c(); n.seen.toString() }
def case32_wrapper() { def n = new Noted(); def c = { -> [1].each { item((Object) it, (String) 'x', it as Long) } }; c.delegate = n; c(); n.seen.collect { it.class.name + it }.toString() }
def case33_gdk_names() { def n = new Noted(); def r = []; def c = { -> [1].each { with { r << 'with' }; collect { 1 }; sleep(0); toString(); hashCode(); dump() } }; c.delegate = n; c(); n.seen.toString() + r }
def case34_element_of_gdk_name() { xml { [1].each { name(it); text(it); value(it); date(it); size(it); sum(it); count(it); find(it) } } }
def case35_class() { new Base().build() }
def case36_class_held() { new Base().held() }
def case37_class_static() { Base.st() }
def case38_subclass() { new Sub().call(1).toString() + new Sub().build() }
def case39_map() { def m = new MapLike(); m.item = { x -> 'in the map ' + x }; m.run().toString() }
def case40_map_without() { new MapLike().run() }
def case41_interceptable() { def i = new Interceptable(); i.inner(); i.@seen.toString() }
def case42_interceptable_delegate() { def i = new Interceptable(); def c = { -> [1].collect { element(it); nothing(it) } }; c.delegate = i; [c(), i.@seen].toString() }
def case43_json() { def b = new JsonBuilder(); b.root { name 'x'; list([1, 2]) { i -> id i; deep { v i } }; [1].each { each(it); item(it) } }; b.toString() }
def case44_json_streaming() { def w = new StringWriter(); new StreamingJsonBuilder(w).root { name 'x'; order 1; list([1, 2]) { i -> id i } }; w.toString() }
def case45_nodes() { def r = new NodeBuilder().root { [1, 2].each { i -> item(id: i) { name('n'); order(i) } } }; XmlUtil.serialize(r) }
def case46_streaming() {
    def b = new StreamingMarkupBuilder().bind { mkp.xmlDeclaration(); mkp.declareNamespace(s: 'urn:s'); root(a: 1) { [1, 2].each { i -> s.item(i) { mkp.yield('<' + i); mkp.comment('c') }; item { mkp.yieldUnescaped '<x/>'; out << 'o' } } } }
    b.toString()
}
def case47_mkp() { xml { mkp.comment('c'); [1].each { item { mkp.yield('<'); mkp.yieldUnescaped('<b/>') } } } }
def case48_metaclass_of_script() {
    def r = []
    def run = { -> xml { [1].each { r << item(it) } } }
    r << run(); def old = this.metaClass; this.metaClass.item = { x -> 'of the meta class ' + x }
    try { r << run() } finally { this.metaClass = old }
    r << run(); r.toString()
}
def case49_metaclass_of_delegate() {
    def n = new Noted(); n.metaClass.item = { x -> 'of the meta class ' + x }
    def c = { -> [1].collect { item(it) } }; c.delegate = n; [c(), n.seen].toString()
}
def case50_metaclass_of_closure() { def c = { -> item(1) }; c.metaClass.item = { x -> 'of the closure ' + x }; c.delegate = new Noted(); c().toString() }
def case51_metaclass_of_owner() { def c = { -> def d = { -> item(1) }; d() }; c.metaClass.item = { x -> 'of the closure ' + x }; c.delegate = new Noted(); c().toString() }
def case52_curry() { def n = new Noted(); def c = { a, b -> [1].each { item(a, b) } }; c.delegate = n; c.curry(1)(2); n.seen.toString() }
def case53_composed() { def n = new Noted(); def c = { a -> item(a); a }; c.delegate = n; (c >> c)(1); (c << c)(2); n.seen.toString() }
def case54_method_pointer() { def p = this.&order; [1].collect { p(it) }.toString() }
def case55_rehydrated() { def n = new Noted(); def c = { -> [1].each { item(it); order(it) } }; c.rehydrate(n, this, this)(); c.rehydrate(n, n, n)(); n.seen.toString() }
def case56_dehydrated() { def c = { -> item(1) }; c.dehydrate()() }
def case57_delegate_null() { def c = { -> order(1) + nobody(2) }; c.delegate = null; c() }
def case58_delegate_self() { def c = { -> order(1) + nobody(2) }; c.delegate = c; c() }
def case59_delegate_java() { def c = { -> [append('x'), [1].collect { append(it) }, length()] }; c.delegate = new StringBuilder(); c().toString() }
def case60_delegate_class() { def c = { -> [1].collect { helper(it) + forName2(it) } }; c.delegate = Base; c().toString() }
def case61_delegate_class_missing() { def c = { -> [1].collect { nobody(it) } }; c.delegate = Base; c() }
def case62_delegate_map() { def c = { -> [1].collect { item(it) } }; c.delegate = [item: { x -> 'in the map ' + x }]; c().toString() }
def case63_delegate_map_expando() { def c = { -> [1].collect { item(it) } }; def e = new Expando(); e.item = { x -> 'expando ' + x }; c.delegate = e; c().toString() }
def case64_delegate_closure() { def d = { -> 1 }; def c = { -> [1].collect { curry(it).class.simpleName } }; c.delegate = d; c().toString() }
def case65_delegate_changes() {
    def r = []
    def c = { -> [1].each { r << item(it) } }
    [new Noted(), new Missed(), new StringBuilder(), null, new Some(), new Noted()].each { d -> c.delegate = d; try { c() } catch (e) { r << e.class.name + e.message } }
    r.toString()
}
def case66_strategy_changes() {
    def r = []
    def c = { -> [1].each { r << order(it) } }
    c.delegate = new Noted()
    [Closure.OWNER_FIRST, Closure.DELEGATE_FIRST, Closure.OWNER_ONLY, Closure.DELEGATE_ONLY, Closure.TO_SELF].each { s -> c.resolveStrategy = s; try { c() } catch (e) { r << e.class.name + e.message } }
    r.toString()
}
def case67_throws_in_element() { xml { item { throw new IllegalArgumentException('in the element') } } }
def case68_missing_in_element() { xml { item { [1].each { it.nobody() } } } }
def case69_missing_property_in_element() { xml { item { [1].each { name(nothing) } } } }
def case70_checked_in_element() { xml { item { throw new java.io.IOException('checked') } } }
def case71_static_closure() { staticly() }
static staticly() { def w = new StringWriter(); def r = []; new MarkupBuilder(w).root { [1].each { item(it); r << fixed(it); order2(it) } }; w.toString().replaceAll(/\s+/, ' ') + r }
def case72_static_nobody() { staticNobody() }
static staticNobody() { [1].collect { nobody(it) } }
def case73_static_class_methods() { staticNames() }
static staticNames() { def w = new StringWriter(); def r = []; new MarkupBuilder(w).root { [1].each { item(it); r << getSimpleName().class.simpleName; r << isArray() } }; w.toString().replaceAll(/\s+/, ' ') + r }
def case74_recursion() { def w = new StringWriter(); def b = new MarkupBuilder(w); def walk; walk = { n -> b.node(n: n) { if (n) walk(n - 1); leaf(n) } }; walk(3); w.toString().replaceAll(/\s+/, ' ') }
def case75_helper_closure() { def w = new StringWriter(); def b = new MarkupBuilder(w); def address = { a -> street(a); city(a) }; address.delegate = b; b.root { [1, 2].each { address(it) } }; w.toString().replaceAll(/\s+/, ' ') }
def case76_builder_in_builder() { def inner = new StringWriter(); xml { item { def o = new MarkupBuilder(inner); o.a { b('x'); [1].each { c(it) } } }; [1].each { d(it) } } + inner.toString().replaceAll(/\s+/, ' ') }
def case77_this() { def r = []; xml { [1].each { r << this.order(it); item(it) } } + r }
def case78_this_nobody() { xml { [1].each { this.item(it) } } }
def case79_owner_delegate() { def n = new Noted(); def c = { -> delegate.item(1); owner.order(2); [3].each { owner.item(it); delegate.item(it) } }; c.delegate = n; c(); n.seen.toString() }
def case80_safe_and_operators() { xml { [1].each { i -> item(i?.toString(), x: i + 1) { name([i] * 2) } } } }
def case81_run_and_main() { def n = new Noted(); def c = { -> [1].each { println2(it); printx(it) } }; c.delegate = n; c(); n.seen.toString() }
def case82_with() { def n = new Noted(); n.with { item(1); [2].each { item(it) }; order(3) }; n.seen.toString() }
def case83_call_and_docall() { def n = new Noted(); def c = { x -> x ? [call(0), doCall(0)] : 'zero' }; c.delegate = n; c(1).toString() }
def case84_get_hook() { xml { [1].each { get(it); propertyMissing(it); methodMissing('a', it) } } }
def case85_changed_while_running() {
    def r = []
    def n = new Noted()
    def c = { -> (1..3).each { i -> if (i == 2) n.metaClass.item = { x -> r << 'changed ' + x }; item(i) } }
    c.delegate = n; c(); [r, n.seen].toString()
}
def case86_binding_while_running() {
    def n = new Noted()
    def c = { -> (1..3).collect { i -> if (i == 2) binding.setVariable('item', { x -> 'bound ' + x }); item(i) } }
    c.delegate = n
    try { return c().toString() } finally { binding.variables.remove('item') }
}
def case87_properties() { def n = new Missed(); def c = { -> [1].collect { [first, second, binding.class.simpleName] } }; c.delegate = n; c().toString() }
def case88_binding_property() { binding.setVariable('first', 'bound'); def c = { -> [1].collect { first } }; c.delegate = new Missed(); try { return c().toString() } finally { binding.variables.remove('first') } }
def case89_no_property() { [1].collect { nothing } }
def case90_assigned_property() { [1].each { assigned = it }; def r = assigned; binding.variables.remove('assigned'); r.toString() }
def case9a_property_of_script() { def c = { -> [1].collect { [prop.class.superclass.simpleName, fieldless] } }; c.delegate = new Missed(); c().toString() }
def case9b_property_by_category() { use(Properties) { [1].collect { extra }.toString() } }
def case9c_property_of_metaclass() {
    def r = []
    def run = { -> [1].collect { try { extra } catch (e) { e.class.name + e.message } } }
    r << run(); def old = this.metaClass; this.metaClass.getExtra = { -> 'of the meta class' }
    try { r << run() } finally { this.metaClass = old }
    r << run(); r.toString()
}
def case9d_method_of_missing_property() { [1].collect { nothing.more(it) } }
def case9e_has_property() { [hasProperty('prop') != null, hasProperty('nothing') != null, this.metaClass.hasProperty(this, 'binding') != null].toString() }
def case9f_subscript() { try { return this['nothing'] } catch (MissingPropertyException e) { return e.class.name + e.property + (e.type == this.class) } }
def case9g_names_of_closures() { def n = new Noted(); def c = { -> [1].collect { [curry(it).class.simpleName, memoize().class.simpleName, parameterTypes.size()] } }; c.delegate = n; [c(), n.seen].toString() }
def case9h_metaclass_of_one_closure() {
    def c = { -> item(1) }
    def m = new ExpandoMetaClass(c.class, false, true)
    m.item = { x -> 'of the closure ' + x }; m.initialize(); c.setMetaClass(m); c.delegate = new Noted(); c().toString()
}
def case9i_metaclass_of_outer_closure() {
    def c = { -> [1].collect { item(it) } }
    def m = new ExpandoMetaClass(c.class, false, true)
    m.item = { x -> 'of the closure ' + x }; m.initialize(); c.setMetaClass(m); c.delegate = new Noted(); c().toString()
}
def case9j_wrapped_other() { def c = { -> [1].collect { xyz(it) } }; c.delegate = new WrappedOther(); c.resolveStrategy = Closure.DELEGATE_FIRST; c() }
def case9k_wrapped_other_then_delegate() { def c = { -> def d = { -> xyz(1) }; d.delegate = new Noted(); d() }; c.delegate = new WrappedOther(); c.resolveStrategy = Closure.DELEGATE_FIRST; c().toString() }
def case9l_held_by_delegate() { def c = { -> [1].collect { xyz(it) } }; c.delegate = new Holding(); c().toString() }
def case9m_other_this() { def n = new Base(); def c = { -> [1].collect { xyz(it) + inherited(it) } }.rehydrate(new Some(), this, n); c().toString() }
def case9n_other_this_of_outer() { def c = { -> def d = { -> inherited(1) }; d.rehydrate(new Noted(), d.owner, new Base())() }; c.delegate = new Some(); c().toString() }
// From here on (they run last) for the whole host.
def caseX1_string_metaclass() { String.metaClass.shouted = { -> delegate.toUpperCase() }; xml { [1].each { item('a'.shouted()) } } }
def caseX2_class_metaclass() { def r = []; r << new Base().build(); Base.metaClass.item = { x -> 'of the meta class ' + x }; r << new Base().build(); Base.metaClass = null; r << new Base().build(); r.toString() }
def caseX3_builder_metaclass() {
    def r = []
    r << xml { [1].each { special(it) } }; MarkupBuilder.metaClass.special = { x -> r << 'of the meta class ' + x }; r << xml { [1].each { special(it) } }
    GroovySystem.metaClassRegistry.removeMetaClass(MarkupBuilder); r << xml { [1].each { special(it) } }; r.toString()
}
def caseX4_support_metaclass() {
    def r = []
    r << xml { [1].each { special(it) } }; BuilderSupport.metaClass.special = { x -> r << 'of the meta class ' + x }; r << xml { [1].each { special(it) } }
    GroovySystem.metaClassRegistry.removeMetaClass(BuilderSupport); r.toString()
}
def caseX5_script_metaclass() { def r = []; Script.metaClass.special = { x -> 'of the meta class ' + x }; r << xml { [1].each { special(it) } }; GroovySystem.metaClassRegistry.removeMetaClass(Script); r << xml { [1].each { special(it) } }; r.toString() }
def caseX6_object_metaclass() { def r = []; Object.metaClass.special = { x -> 'of the meta class ' + x }; r << xml { [1].each { special(it) } }; GroovySystem.metaClassRegistry.removeMetaClass(Object); r << xml { [1].each { special(it) } }; r.toString() }
def caseX7_closure_metaclass() { def r = []; Closure.metaClass.special = { x -> 'of the meta class ' + x }; r << xml { [1].each { special(it) } }; GroovySystem.metaClassRegistry.removeMetaClass(Closure); r << xml { [1].each { special(it) } }; r.toString() }
