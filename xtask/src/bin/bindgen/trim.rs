//! Leaves out code that the page never runs, before it is split: what only such code uses then
//! lands in no file.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use anyhow::{Context, Result};
use wasm_encoder::{CustomSection, Encode, Section};
use wasmparser::{
    CustomSectionReader, FunctionBody, KnownCustom, Name, Operator, Parser, Payload,
    RelocSectionReader, TypeRef,
};

/// How the names of functions end that the page never calls, though every erased view carries a
/// pointer to its own copy, so that no compiler can drop them: hydration that waits for code, which
/// only `leptos::mount::hydrate_lazy` begins; Souk's page fetches what it needs and then hydrates
/// at once. Whole endings alone: the compiler folds equal functions into one of either name, so a
/// function merely named within `hydrate_async` may be half of the hydration that does take place.
const NEVER_CALLED: [&str; 2] =
    ["13hydrate_async17h", "13hydrate_async28_$u7b$$u7b$closure$u7d$$u7d$17h"];

/// Where the linker notes which bytes of the code stand for something of the module.
const RELOCATIONS: &str = "reloc.CODE";

const NO_LOCALS: u8 = 0x00;
const UNREACHABLE: u8 = 0x00;
const END: u8 = 0x0b;

/// The module with a trap in place of each function that is never called. A trap is as long as the
/// function was, so that all else keeps its place; the relocations within it are left out.
pub fn trim(wasm: &[u8]) -> Result<Vec<u8>> {
    let module = Module::read(wasm)?;
    let dead = never_called(&module.functions);
    if dead.is_empty() {
        // The page is right without this, only larger; the size check has the last word.
        eprintln!("no function is named like {NEVER_CALLED:?}: nothing to leave out");
    }
    let traps: Vec<Range<usize>> =
        dead.iter().map(|index| module.functions[index].body.clone()).collect();
    let mut trimmed = wasm.to_vec();
    for body in &traps {
        trap(&mut trimmed[body.clone()]);
    }
    if let Some(relocations) = module.relocations {
        let kept = relocations.outside(&traps, module.code_at)?;
        trimmed.splice(relocations.section, kept);
    }
    Ok(trimmed)
}

/// Every body has its count of locals, an instruction and the end.
fn trap(body: &mut [u8]) {
    if let [locals, code @ .., end] = body {
        *locals = NO_LOCALS;
        code.fill(UNREACHABLE);
        *end = END;
    }
}

/// What trimming has to know of a module. Places are bytes from its start.
#[derive(Default)]
struct Module<'a> {
    /// Where relocations of the code count from.
    code_at: usize,
    /// By index, imported ones left out.
    functions: HashMap<u32, Function<'a>>,
    relocations: Option<Relocations<'a>>,
}

#[derive(Default)]
struct Function<'a> {
    name: &'a str,
    body: Range<usize>,
    callees: Vec<u32>,
}

struct Relocations<'a> {
    /// With its header.
    section: Range<usize>,
    content: CustomSectionReader<'a>,
}

impl<'a> Module<'a> {
    fn read(wasm: &'a [u8]) -> Result<Module<'a>> {
        let mut module = Module::default();
        let mut next = 0;
        let mut section_end = 0;
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload.context("not a wasm module")?;
            let section_at = section_end;
            match &payload {
                Payload::Version { range, .. } => section_end = place(range).end,
                Payload::ImportSection(imports) => {
                    for import in imports.clone().into_imports() {
                        next += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::CodeSectionStart { range, .. } => module.code_at = place(range).start,
                Payload::CodeSectionEntry(body) => {
                    module.functions.insert(next, Function::read(body)?);
                    next += 1;
                }
                Payload::CustomSection(content) if content.name() == RELOCATIONS => {
                    let section = section_at..place(&content.range()).end;
                    module.relocations = Some(Relocations { section, content: content.clone() });
                }
                Payload::CustomSection(content) => module.read_names(content)?,
                _ => {}
            }
            if let Some((_, range)) = payload.as_section() {
                section_end = place(&range).end;
            }
        }
        Ok(module)
    }

    fn read_names(&mut self, content: &CustomSectionReader<'a>) -> Result<()> {
        let KnownCustom::Name(names) = content.as_known() else { return Ok(()) };
        for names in names {
            let Name::Function(names) = names? else { continue };
            for naming in names {
                let naming = naming?;
                if let Some(function) = self.functions.get_mut(&naming.index) {
                    function.name = naming.name;
                }
            }
        }
        Ok(())
    }
}

impl Function<'_> {
    fn read(body: &FunctionBody<'_>) -> Result<Self> {
        let mut callees = Vec::new();
        for operator in body.get_operators_reader()? {
            if let Operator::Call { function_index } = operator? {
                callees.push(function_index);
            }
        }
        Ok(Function { name: "", body: place(&body.range()), callees })
    }
}

impl Relocations<'_> {
    /// The section anew, without what lies in `holes`.
    fn outside(&self, holes: &[Range<usize>], code_at: usize) -> Result<Vec<u8>> {
        let reader = RelocSectionReader::new(wasmparser::BinaryReader::new(
            self.content.data(),
            self.content.data_offset(),
        ))?;
        let mut holes = holes.to_vec();
        holes.sort_by_key(|hole| hole.start);
        let mut kept = 0_u32;
        let mut entries = Vec::new();
        let mut rest = reader.entries().into_iter_with_offsets().peekable();
        while let Some(entry) = rest.next() {
            let (from, entry) = entry?;
            let to = match rest.peek() {
                Some(Ok((next, _))) => *next,
                _ => self.content.range().end,
            };
            let place = code_at + usize::try_from(entry.offset)?;
            let before = holes.partition_point(|hole| hole.start <= place);
            if before == 0 || holes[before - 1].end <= place {
                let start = self.content.data_offset();
                let bytes = usize::try_from(from - start)?..usize::try_from(to - start)?;
                entries.extend_from_slice(&self.content.data()[bytes]);
                kept += 1;
            }
        }
        let mut data = Vec::new();
        reader.section_index().encode(&mut data);
        kept.encode(&mut data);
        data.extend(entries);
        let mut section = Vec::new();
        let name = self.content.name().into();
        CustomSection { name, data: data.into() }.append_to(&mut section);
        Ok(section)
    }
}

fn place(range: &Range<u64>) -> Range<usize> {
    let here = |at: u64| usize::try_from(at).expect("the module is in memory");
    here(range.start)..here(range.end)
}

/// Functions of such a name that nothing but their like calls.
fn never_called(functions: &HashMap<u32, Function>) -> HashSet<u32> {
    let mut dead: HashSet<u32> = functions
        .iter()
        .filter(|(_, function)| is_never_called(function.name))
        .map(|(index, _)| *index)
        .collect();
    // What a living function calls lives, and what that calls in turn.
    loop {
        let before = dead.len();
        for (index, function) in functions {
            if !dead.contains(index) {
                for callee in &function.callees {
                    dead.remove(callee);
                }
            }
        }
        if dead.len() == before {
            return dead;
        }
    }
}

/// Whether a mangled name is one of [`NEVER_CALLED`], but for its hash.
fn is_never_called(name: &str) -> bool {
    let hash = name.rfind("17h").map_or(name.len(), |at| at + "17h".len());
    NEVER_CALLED.iter().any(|ending| name[..hash].ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder as we;

    const DEAD: &str = "_ZN4view13hydrate_async17h0123456789abcdefE";

    #[test]
    fn whole_endings_alone_are_never_called() {
        let dead = [
            "_ZN64_$LT$T$u20$as$u20$any_view..IntoAny$GT$8into_any13hydrate_async17h0123456789abcdefE",
            "_ZN4view13hydrate_async28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE",
            DEAD,
        ];
        let alive = [
            "_ZN4view13hydrate_async28_$u7b$$u7b$closure$u7d$$u7d$7inner_117h29edd21cc7ea5ddeE",
            "_ZN4view7hydrate17h0123456789abcdefE",
            "hydrate",
        ];
        for name in dead {
            assert!(is_never_called(name), "{name}");
        }
        for name in alive {
            assert!(!is_never_called(name), "{name}");
        }
    }

    /// Three functions without arguments, after one that is imported: `names[0]` calls the import,
    /// `names[1]` calls `names[0]`, `names[2]` calls the import. Each call has its relocation.
    fn module(names: [&str; 3]) -> Vec<u8> {
        let mut types = we::TypeSection::new();
        types.ty().function([], []);
        let mut imports = we::ImportSection::new();
        imports.import("env", "outside", we::EntityType::Function(0));
        let mut functions = we::FunctionSection::new();
        let mut code = we::CodeSection::new();
        let mut named = we::NameMap::new();
        for (index, callee) in [0_u8, 1, 0].into_iter().enumerate() {
            functions.function(0);
            // Calls as the linker writes them, with room for any index.
            code.raw(&[NO_LOCALS, 0x10, 0x80 | callee, 0x80, 0x80, 0x80, 0, END]);
            named.append(index as u32 + 1, names[index]);
        }
        let mut name = we::NameSection::new();
        name.functions(&named);
        // Section 3 is the code; each body is 8 bytes behind its length, the first at 1.
        let relocations = [3, 3, 0, 4, 0, 0, 13, 1, 0, 22, 0];
        let relocations =
            CustomSection { name: RELOCATIONS.into(), data: (&relocations[..]).into() };
        let mut module = we::Module::new();
        module.section(&types).section(&imports).section(&functions).section(&code);
        module.section(&relocations).section(&name);
        module.finish()
    }

    /// The places that relocations name, after the module was read again.
    fn relocated(wasm: &[u8]) -> Vec<u32> {
        let module = Module::read(wasm).unwrap();
        let content = module.relocations.expect("the section is kept").content;
        let reader = wasmparser::BinaryReader::new(content.data(), content.data_offset());
        let entries = RelocSectionReader::new(reader).unwrap().entries();
        entries.into_iter().map(|entry| entry.unwrap().offset).collect()
    }

    fn callees(wasm: &[u8]) -> Vec<Vec<u32>> {
        let module = Module::read(wasm).unwrap();
        (1..=3).map(|index| module.functions[&index].callees.clone()).collect()
    }

    #[test]
    fn what_is_never_called_becomes_a_trap_without_relocations() {
        let wasm = module(["view", "other", DEAD]);
        assert_eq!(relocated(&wasm), [4, 13, 22]);
        let trimmed = trim(&wasm).unwrap();
        assert_eq!(callees(&trimmed), [vec![0], vec![1], vec![]]);
        assert_eq!(relocated(&trimmed), [4, 13]);
        assert_eq!(Module::read(&trimmed).unwrap().functions[&3].name, DEAD);
        wasmparser::validate(&trimmed).unwrap();
    }

    #[test]
    fn what_a_living_function_calls_stays() {
        let wasm = module([DEAD, "other", "view"]);
        assert_eq!(trim(&wasm).unwrap(), wasm);
    }

    #[test]
    fn callers_that_are_never_called_keep_nothing_alive() {
        let trimmed = trim(&module([DEAD, DEAD, "view"])).unwrap();
        assert_eq!(callees(&trimmed), [vec![], vec![], vec![0]]);
        assert_eq!(relocated(&trimmed), [22]);
    }
}
