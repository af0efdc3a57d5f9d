package tidemill.host;

import groovyjarjarasm.asm.ClassWriter;
import groovyjarjarasm.asm.MethodVisitor;
import groovyjarjarasm.asm.Opcodes;
import java.util.Set;

/**
 * Types of the product that this server does not have but scripts name (script-api 6): a script with their names
 * compiles, and fails with a sentence when it makes one.
 */
final class Absent {
    private static final String B2B = "com.sap.it.op.b2b.monitor.api.";
    private static final String EVENTS = B2B + "events.";
    private static final Set<String> NAMES = Set.of(
        "com.sap.conn.jco.JCoDestination", "com.sap.conn.jco.JCoDestinationManager", "com.sap.conn.jco.JCoFunction",
        "com.sap.conn.jco.JCoException", "com.sap.conn.jco.JCoParameterList", "com.sap.conn.jco.JCoTable",
        "com.sap.conn.jco.JCoStructure", "com.sap.conn.jco.JCoRepository", "com.sap.conn.jco.JCoContext",
        "com.sap.xi.mapping.camel.valmap.VMStore", "com.sap.xi.mapping.camel.valmap.ValueMappingApiHandler",
        "com.sap.xi.mapping.camel.valmap.VMValidationException",
        "org.apache.camel.impl.DefaultExchange", "org.apache.camel.ProducerTemplate",
        "org.apache.cxf.binding.soap.SoapHeader", "org.apache.cxf.headers.Header", B2B + "B2BMonitoringApi", B2B + "BusinessDocument",
        B2B + "TechnicalAcknowledgementEvent", B2B + "FunctionalAcknowledgementEvent", EVENTS + "TechnicalAcknowledgementEvent",
        EVENTS + "FunctionalAcknowledgementEvent", B2B + "BusinessDocumentPayload", B2B + "BusinessTransaction", B2B + "TradingPartnerAgreement", B2B + "FunctionalAcknowledgement",
        B2B + "TechnicalAcknowledgement", B2B + "OrphanedInterchange", B2B + "CustomObjects", EVENTS + "BusinessDocumentCreateEvent",
        EVENTS + "BusinessDocumentSentEvent", EVENTS + "BusinessDocumentSplitEvent", EVENTS + "BusinessDocumentBulkCompletionEvent",
        EVENTS + "BusinessDocumentMappedEvent", EVENTS + "BusinessDocumentUnassignedEvent", EVENTS + "FunctionalAcknowledgementSentEvent",
        EVENTS + "FunctionalAcknowledgementReceivedEvent", EVENTS + "TechnicalAcknowledgementSentEvent",
        EVENTS + "TechnicalAcknowledgementReceivedEvent", EVENTS + "ErrorEvent", EVENTS + "OrphanedInterchangeErrorEvent");

    private Absent() {
    }

    /** The class file, or null: not one of them. */
    static byte[] make(String name) {
        if (!NAMES.contains(name))
            return null;
        boolean thrown = name.endsWith("Exception");
        String parent = thrown ? "java/lang/Exception" : "java/lang/Object";
        ClassWriter w = new ClassWriter(ClassWriter.COMPUTE_MAXS);
        w.visit(Opcodes.V1_6, Opcodes.ACC_PUBLIC, name.replace('.', '/'), null, parent, null);
        MethodVisitor m = w.visitMethod(Opcodes.ACC_PUBLIC, "<init>", "()V", null, null);
        m.visitCode();
        m.visitTypeInsn(Opcodes.NEW, "java/lang/UnsupportedOperationException");
        m.visitInsn(Opcodes.DUP);
        m.visitLdcInsn(name + " is not available here");
        m.visitMethodInsn(Opcodes.INVOKESPECIAL, "java/lang/UnsupportedOperationException", "<init>", "(Ljava/lang/String;)V", false);
        m.visitInsn(Opcodes.ATHROW);
        m.visitMaxs(0, 0);
        m.visitEnd();
        w.visitEnd();
        return w.toByteArray();
    }
}
