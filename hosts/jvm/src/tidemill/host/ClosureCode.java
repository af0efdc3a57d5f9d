package tidemill.host;

import groovyjarjarasm.asm.ClassReader;
import groovyjarjarasm.asm.ClassVisitor;
import groovyjarjarasm.asm.ClassWriter;
import groovyjarjarasm.asm.MethodVisitor;
import groovyjarjarasm.asm.Opcodes;

/** Gives the closures of compiled scripts their {@link ClosureCall}s. */
final class ClosureCode extends ClassVisitor {
    private static final String CALLS = "tidemill/host/ClosureCall";
    private static final String ADAPTER = "org/codehaus/groovy/runtime/ScriptBytecodeAdapter";
    private static final String SITES = "()Lorg/codehaus/groovy/runtime/callsite/CallSiteArray;";

    private ClosureCode(ClassVisitor next) {
        super(Opcodes.ASM5, next);
    }

    static byte[] of(String name, byte[] code) {
        ClassReader in = new ClassReader(code);
        if (!in.getSuperName().equals("groovy/lang/Closure"))
            return code;
        ClassWriter out = new ClassWriter(in, 0);
        in.accept(new ClosureCode(out), 0);
        return out.toByteArray();
    }

    @Override
    public MethodVisitor visitMethod(int access, String name, String descriptor, String signature, String[] exceptions) {
        MethodVisitor next = super.visitMethod(access, name, descriptor, signature, exceptions);
        boolean makesSites = name.equals("$createCallSiteArray") && descriptor.equals(SITES);
        return new MethodVisitor(Opcodes.ASM5, next) {
            @Override
            public void visitMethodInsn(int opcode, String owner, String called, String type, boolean isInterface) {
                boolean byName = owner.equals(ADAPTER) && (called.equals("invokeMethodOnCurrentN") || called.equals("invokeMethodOnCurrent0"));
                super.visitMethodInsn(opcode, byName ? CALLS : owner, called, type, isInterface);
            }

            @Override
            public void visitInsn(int opcode) {
                if (makesSites && opcode == Opcodes.ARETURN)
                    super.visitMethodInsn(Opcodes.INVOKESTATIC, CALLS, "prepare", "(" + SITES.substring(2) + ")" + SITES.substring(2), false);
                super.visitInsn(opcode);
            }
        };
    }
}
