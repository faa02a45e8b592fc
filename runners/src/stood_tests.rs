use super::*;

/// As Go 1.24.3 prints it, shortened.
const DIED: &str = "runtime: g1: frame.sp=0x40000bbf10 top=0x40000cbfd0
\tstack=[0x40000ac000-0x40000cc000
fatal error: traceback did not unwind completely

runtime stack:
runtime.throw({0x964c7?, 0x4000057da8?})
\t/go/src/runtime/panic.go:1101 +0x38 fp=0x4000057c10 sp=0x4000057be0 pc=0x707d8

goroutine 1 gp=0x40000021c0 m=nil [preempted (scan)]:
runtime.asyncPreempt2()
\t/go/src/runtime/preempt.go:306 +0x2c fp=0x40000bbd10 sp=0x40000bbcf0 pc=0x4287c
runtime.asyncPreempt()
\t/go/src/runtime/preempt_arm64.s:47 +0x9c fp=0x40000bbf00 sp=0x40000bbd10 pc=0x76d2c
main.inlined(...)
\t/src/main.go:30
main.(*T).leaf(0x90e81f9b1ca?, 0x44187c?)
\t/src/main.go:12 +0x84 fp=0x40000cbf20 sp=0x40000bbf10 pc=0x78a84
main.main()
\t/src/main.go:40 +0x14 fp=0x40000cbf40 sp=0x40000cbf20 pc=0x78b84

goroutine 7 gp=0x4000002700 m=2 [preempted (scan)]:
runtime.asyncPreempt()
\t/go/src/runtime/preempt_arm64.s:47 +0x9c fp=0x400003cf90 sp=0x400003cf70 pc=0x708b8
main.other(...)
\t/src/main.go:50 +0x4
";

#[test]
fn the_goroutine_that_the_runtime_names_stood_there() {
    let want = Stood {
        goroutine: 1,
        named: true,
        function: "main.(*T).leaf".into(),
        place: "/src/main.go:12".into(),
        offset: 0x84,
        pc: Some(0x78a84),
        instructions: vec![],
    };
    assert_eq!(stood(DIED), std::slice::from_ref(&want));
    let other = DIED.replace("runtime: g1: frame.sp=0x40000bbf10", "runtime: g 7: unexpected return pc for x");
    let found = stood(&other);
    assert_eq!(found.iter().map(|s| (s.goroutine, s.offset, s.pc)).collect::<Vec<_>>(), [(7, 4, None)]);
    // Of none it is said: all that were preempted, and nothing of those that were not.
    let unnamed = DIED.split_once('\n').unwrap().1;
    assert_eq!(stood(unnamed), [Stood { named: false, ..want }, Stood { named: false, ..found[0].clone() }]);
    assert_eq!(stood(&DIED.replace("asyncPreempt()", "gopark()")), []);
    assert_eq!(stood("panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:1 +0x1\n"), []);
}

#[test]
fn what_is_no_binary_has_no_instructions() {
    let mut list = stood(DIED);
    disassembled(&mut list, b"no binary");
    assert!(list[0].instructions.is_empty());
}
